module collector

go 1.26.8

require (
	github.com/goccy/go-json v0.12.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
)
