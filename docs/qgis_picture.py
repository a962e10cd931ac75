"""Draw layers of a GeoPackage as QGIS opens them, without a screen, and say what QGIS made of their styles.

    python3 docs/qgis_picture.py FILE.gpkg PICTURE.png LAYER,LAYER [WEST,SOUTH,EAST,NORTH]

Needs QGIS and its Python (Debian: qgis, python3-qgis). The first layer lies on top. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

WIDTH, HEIGHT = 1000, 650


def main() -> None:
    path, picture, names = sys.argv[1:4]
    application = QgsApplication([], False)
    application.initQgis()
    layers = []
    for name in names.split(","):
        opened = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
        parts = [opened]
        if len(opened.dataProvider().subLayers()) > 1:  # QGIS opens each type of geometry as a layer of its own
            kinds = ("Polygon", "LineString", "Point")
            parts = [QgsVectorLayer(f"{path}|layername={name}|geometrytype={kind}", name, "ogr") for kind in kinds]
        layers += [one for one in parts if one.isValid()]
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(WIDTH, HEIGHT))
    settings.setDestinationCrs(layers[0].crs())
    extent = layers[0].extent()
    if len(sys.argv) > 4:
        extent = QgsRectangle(*(float(part) for part in sys.argv[4].split(",")))
    settings.setExtent(extent)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)
    said = [
        {
            "layer": one.name(),
            "renderer": one.renderer().type(),
            "legend": [item.label() for item in one.renderer().legendSymbolItems()],
            "rows": one.featureCount(),
        }
        for one in layers
    ]
    shown = settings.visibleExtent()
    box = [shown.xMinimum(), shown.yMinimum(), shown.xMaximum(), shown.yMaximum()]
    print(json.dumps({"layers": said, "extent": box, "errors": [one.message for one in job.errors()]}), flush=True)
    # the libraries of QGIS may hang while they are taken down
    os._exit(0)


if __name__ == "__main__":
    main()
