// The little that folium's own markers and popups ask of jQuery and Leaflet.awesome-markers.
(function () {
  "use strict";
  const COLOURS = {
    red: "#d63e2a", darkred: "#a23336", lightred: "#ff8e7f", orange: "#f69730", beige: "#ffcb92", green: "#72b026",
    darkgreen: "#728224", lightgreen: "#bbf970", blue: "#38aadd", darkblue: "#00649f", lightblue: "#8adaff",
    purple: "#d252b9", darkpurple: "#5b396b", pink: "#ff91ea", cadetblue: "#436978", white: "#fbfbfb", gray: "#575757",
    lightgray: "#a3a3a3", black: "#303030",
  };

  function query(what) {
    if (typeof what === "string" && what.includes("<")) {
      const template = document.createElement("template");
      template.innerHTML = what.trim();
      return [...template.content.children];
    }
    return { ready: (run) => (document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", run) : run()) };
  }
  window.$ = window.jQuery = window.$ || query;

  function pin(colour) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 25 41");
    svg.setAttribute("width", "25");
    svg.setAttribute("height", "41");
    path.setAttribute("d", "M12.5 1C6 1 1 6 1 12.5 1 21 12.5 40 12.5 40S24 21 24 12.5C24 6 19 1 12.5 1Zm0 7a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9Z");
    path.setAttribute("fill", COLOURS[colour] || COLOURS.blue);
    path.setAttribute("stroke", "#fff");
    path.setAttribute("fill-rule", "evenodd");
    svg.append(path);
    return svg;
  }
  L.AwesomeMarkers = {
    icon: (options) =>
      L.divIcon({ html: pin((options || {}).markerColor), className: "", iconSize: [25, 41], iconAnchor: [12, 41], popupAnchor: [1, -34] }),
  };
})();
