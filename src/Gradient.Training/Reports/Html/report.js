// Shows the values under the pointer. They come from the paths: pixels are turned into values by the axes in the data attributes.
"use strict";
for (const plot of document.querySelectorAll(".plot")) {
  const svg = plot.querySelector("svg"), width = svg.viewBox.baseVal.width, height = svg.viewBox.baseVal.height;
  const [x0, x1] = plot.dataset.x.split(" ").map(Number), [y0, y1] = plot.dataset.y.split(" ").map(Number);
  const toValue = share => plot.dataset.scale === "log" ? y0 * Math.pow(y1 / y0, share) : y0 + (y1 - y0) * share;
  let lines, tip, cursor;

  function prepare() {
    lines = [...svg.querySelectorAll(".line")].map(path => ({
      name: path.dataset.name, style: path.getAttribute("class").replace("line ", ""),
      points: [...path.getAttribute("d").matchAll(/([-\d.]+),([-\d.]+)/g)].map(m => [+m[1], +m[2]]),
    })).filter(line => line.points.length > 0);
    cursor = plot.appendChild(Object.assign(document.createElement("div"), { className: "cursor" }));
    tip = plot.appendChild(Object.assign(document.createElement("div"), { className: "tip" }));
  }

  function nearest(points, x) {
    let low = 0, high = points.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][0] <= x) low = middle; else high = middle;
    }
    return x - points[low][0] <= points[high][0] - x ? points[low] : points[high];
  }

  function row(name, style, value) {
    const line = document.createElement("div"), number = document.createElement("b");
    if (style) line.appendChild(Object.assign(document.createElement("i"), { className: "key " + style }));
    line.append(name);
    number.textContent = value;
    line.appendChild(number);
    return line;
  }

  svg.addEventListener("pointermove", event => {
    if (!lines) prepare();
    if (lines.length === 0) return;
    const box = svg.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * width;
    const found = lines.map(line => ({ ...line, point: nearest(line.points, x) }));
    const at = found.reduce((a, b) => Math.abs(a.point[0] - x) <= Math.abs(b.point[0] - x) ? a : b).point[0];
    tip.replaceChildren(row("step", "", Math.round(x0 + (x1 - x0) * at / width).toLocaleString("en")), ...found
      .filter(line => Math.abs(line.point[0] - at) < width / 80)
      .map(line => row(line.name, line.style, Number(toValue(1 - line.point[1] / height).toPrecision(4)))));
    cursor.hidden = tip.hidden = false;
    const left = svg.offsetLeft || box.left - plot.getBoundingClientRect().left, px = left + at / width * box.width;
    cursor.style.left = px + "px";
    tip.style.left = Math.max(0, px + 14 + tip.offsetWidth > plot.offsetWidth ? px - 14 - tip.offsetWidth : px + 14) + "px";
  });
  svg.addEventListener("pointerleave", () => { if (tip) cursor.hidden = tip.hidden = true; });
}
