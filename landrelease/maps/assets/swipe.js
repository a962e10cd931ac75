// A divider over the map: what is left of it shows one layer, what is right of it the other.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make, t } = landrelease;

  /** Divides panes, `left` and `right` being lists of their names. Returns how to end it, and which side a place is on. */
  landrelease.swipe = function (map, left, right) {
    const input = make("input", { type: "range", class: "lr-divider", min: "0", max: "1000", value: "500", "aria-label": t("Divider between left and right") });
    const line = make("div", { class: "lr-divider-line" });
    const box = make("div", { class: "lr-divider-box" }, line, input);
    const clip = () => {
      const [size, corner] = [map.getSize(), map.containerPointToLayerPoint([0, 0])];
      const middle = (size.x * input.value) / 1000;
      const cut = (from, to) => {
        const [x0, x1, y0, y1] = [corner.x + from, corner.x + to, corner.y, corner.y + size.y];
        return `polygon(${x0}px ${y0}px, ${x1}px ${y0}px, ${x1}px ${y1}px, ${x0}px ${y1}px)`;
      };
      for (const name of left) map.getPane(name).style.clipPath = cut(0, middle);
      for (const name of right) map.getPane(name).style.clipPath = cut(middle, size.x);
      line.style.left = middle + "px";
    };
    L.DomEvent.disableClickPropagation(input);
    input.addEventListener("input", clip);
    map.on("move zoomend resize viewreset", clip);
    map.getContainer().append(box);
    clip();
    return {
      isRight: (latLng) => map.latLngToContainerPoint(latLng).x > (map.getSize().x * input.value) / 1000,
      end() {
        map.off("move zoomend resize viewreset", clip);
        for (const name of [...left, ...right]) map.getPane(name).style.clipPath = "";
        box.remove();
      },
    };
  };

  landrelease.swipeLayers = function (map, left, right) {
    for (const layer of [left, right]) if (!map.hasLayer(layer)) map.addLayer(layer);
    map.landreleaseSwipe = landrelease.swipe(map, [left.options.pane], [right.options.pane]);
  };
})();
