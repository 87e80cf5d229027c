// seen runs in a page: what is wider than the window, and a theme that is not the one that was asked for.
export function seen(theme) {
  const out = [], root = document.documentElement, wide = root.clientWidth;
  if (root.scrollWidth > wide) {
    const beyond = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > wide + 1);
    out.push(`wide: ${root.scrollWidth} px in ${wide}: ` + beyond.slice(-3).map((e) => e.outerHTML.slice(0, 120)).join(" | "));
  }
  const [, r] = getComputedStyle(root).backgroundColor.match(/\((\d+)/);
  if (r > 127 !== (theme === "light")) out.push(`theme: the ground is ${getComputedStyle(root).backgroundColor}`);
  return out;
}
