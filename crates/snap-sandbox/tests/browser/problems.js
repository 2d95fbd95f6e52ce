const problems = [];
const all = (selector) => [...document.querySelectorAll(selector)];
const name = (element) => element.outerHTML.slice(0, 120);
const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
const check = (isRight, says) => { if (!isRight) problems.push(says); };

check(document.documentElement.lang === "en", "the language is not named");
check(document.title.length > 0, "no title");
check(all("h1").length === 1, `${all("h1").length} headings of the first level`);
check(all("main").length === 1 && all("body > header").length === 1, "a landmark is missing");
check(all("script").length === 0, "there is a script");
check(all("[style], [onclick]").length === 0, "there is style or script in an attribute");

let level = 0;
for (const heading of all("h1, h2, h3, h4, h5, h6")) {
  const next = Number(heading.tagName[1]);
  check(next <= level + 1, `a level is left out before ${name(heading)}`);
  level = next;
}

const ids = all("[id]").map((element) => element.id);
check(new Set(ids).size === ids.length, "an id is repeated");
for (const element of all("[aria-labelledby]")) {
  check(document.getElementById(element.getAttribute("aria-labelledby")), `no label for ${name(element)}`);
}
for (const field of all("input:not([type=hidden]), select, textarea")) {
  check([...field.labels].some((label) => label.textContent.trim()), `no label for ${name(field)}`);
}
for (const control of all("button, a")) {
  const label = control.getAttribute("aria-label");
  const text = control.textContent.trim();
  check(text, `no text in ${name(control)}`);
  check(!label || label.includes(text), `the label does not say what is seen: ${name(control)}`);
}
for (const table of all("table")) {
  check(table.caption?.innerText.trim(), `no caption for ${name(table)}`);
  check(table.querySelector("th[scope=col]"), `no column headers in ${name(table)}`);
  check([...table.querySelectorAll("th")].every((header) => header.scope), `a header without scope in ${name(table)}`);
}

const pixels = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const colour = (text) => {
  pixels.clearRect(0, 0, 1, 1);
  pixels.fillStyle = text;
  pixels.fillRect(0, 0, 1, 1);
  return [...pixels.getImageData(0, 0, 1, 1).data];
};
const light = ([red, green, blue]) => {
  const part = (value) => { const part = value / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const found = colour(getComputedStyle(at).backgroundColor);
    if (found[3] === 255) return found;
  }
  return [255, 255, 255, 255];
};
for (const element of all("body *")) {
  const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!hasText || !isShown(element)) continue;
  const style = getComputedStyle(element);
  const [one, other] = [light(colour(style.color)), light(ground(element))].sort((a, b) => b - a);
  const ratio = (one + 0.05) / (other + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  check(ratio >= (isLarge ? 3 : 4.5), `contrast ${ratio.toFixed(2)}: ${name(element)}`);
}

const width = document.documentElement.clientWidth;
check(document.documentElement.scrollWidth <= width, `${document.documentElement.scrollWidth} pixels wide in ${width}`);
for (const control of all("main button, main input:not([type=hidden]):not([type=checkbox]), main select")) {
  const box = control.getBoundingClientRect();
  if (isShown(control)) check(box.height >= 24 && box.width >= 24, `too small to hit: ${name(control)}`);
}
return problems;
