// Says how many jobs are chosen. Without it the page that asks again says so.
"use strict";
document.querySelectorAll("form[data-choose]").forEach((form) => {
  const place = form.querySelector("[data-count]");
  if (!place) return;
  const count = () => { place.textContent = form.querySelectorAll("input[type=checkbox]:checked").length; };
  form.addEventListener("change", count);
  count();
});
