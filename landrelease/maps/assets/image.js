// Rasters: an image in a pane of its own, with its legend.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make } = landrelease;

  /** An image whose block stands in the element of that id; `isExact` where its pixels are classes. */
  landrelease.imageLayer = function (map, id, bounds, height, isExact) {
    const pane = map.createPane(id);
    pane.style.zIndex = height;
    // relief darkens what lies below it; boundaries are drawn over land cover
    pane.classList.toggle("lr-shade", height > landrelease.GROUND);
    const image = L.imageOverlay(L.Util.emptyImageUrl, bounds, { pane: id, alt: "", className: isExact ? "lr-exact" : "" });
    const opened = landrelease.canUnpack() ? landrelease.sections(id) : new Promise(() => {});
    image.isImage = true;
    image.ready = opened.then(({ header, next }) => {
      image.header = { ...header, looks: {} };
      image.checked = header.facets.map((facet) => facet.entries.map(() => true));
      image.setUrl(URL.createObjectURL(new Blob([next()], { type: header.type })));
    });
    image.isBelow = height < landrelease.GROUND;
    // over 180 degrees: it is drawn on the side that is seen
    const [[south, west], [north, east]] = bounds;
    const aside = () => {
      const turns = Math.round((map.getCenter().lng - (west + east) / 2) / 360);
      if (image.turns !== turns) image.setBounds([[south, west + 360 * turns], [north, east + 360 * turns]]);
      image.turns = turns;
    };
    if (east > 180) map.on("moveend", aside);
    const below = () => Object.values(map._layers).some((one) => one.isBelow);
    image.on("add remove", () => map.getContainer().classList.toggle("lr-has-image", below()));
    return image;
  };

  /** What stands in the legend of an image. */
  landrelease.imageLegend = function (image) {
    const rows = image.header.facets[0].entries.map((entry) => make("li", {}, landrelease.swatch(entry.look), landrelease.saidLabel({ isData: true }, entry)));
    return rows.length ? make("ul", { class: "lr-shades" }, ...rows) : "";
  };
})();
