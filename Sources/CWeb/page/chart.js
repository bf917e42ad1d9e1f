// Small charts of the last hour: a line in SVG, its scale, and the same in words for those who do not see it.

const space = "http://www.w3.org/2000/svg";
const width = 300;
const height = 70;
const hour = 3600000;

function shape(name, attributes) {
  const node = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

export class Chart {
  constructor(parent, title, form) {
    this.title = title;
    this.form = form;
    const figure = document.createElement("figure");
    this.caption = document.createElement("figcaption");
    this.picture = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", preserveAspectRatio: "none" });
    this.area = shape("path", { class: "area" });
    this.line = shape("path", { class: "line" });
    this.picture.append(this.area, this.line);
    figure.append(this.caption, this.picture);
    parent.append(figure);
  }

  /** Points of the hour that ends now. */
  show(points, now) {
    const known = points.filter((point) => point.at > now - hour);
    const last = known.at(-1)?.value ?? 0;
    const top = Math.max(1, ...known.map((point) => point.value));
    const x = (at) => (width * (at - now + hour)) / hour;
    const y = (value) => height - 2 - ((height - 6) * value) / top;
    const path = known.map((point, index) => `${index ? "L" : "M"}${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)}`).join("");
    this.line.setAttribute("d", path);
    const [first, end] = [known[0], known.at(-1)];
    this.area.setAttribute("d", path ? `${path}L${x(end.at).toFixed(1)} ${height}L${x(first.at).toFixed(1)} ${height}Z` : "");
    const text = known.length ? `${this.form(last)} now, highest sample ${this.form(Math.max(...known.map((point) => point.value)))}` : "nothing yet";
    this.caption.textContent = `${this.title}: ${text}`;
    this.picture.setAttribute("aria-label", `${this.title} in the last hour: ${text}`);
  }
}
