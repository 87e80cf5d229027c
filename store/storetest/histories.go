package storetest

var histories = []promise{}
