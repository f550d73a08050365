from django.urls import path

from iiifsearch.pages import map_views, views

urlpatterns = [
    path("", views.search, name="search"),
    path("recognise/", views.recognise, name="recognise"),
    path("collections/", views.collections, name="collections"),
    path("collections/<str:key>/", views.collection, name="collection-page"),
    path("map/", map_views.library_map, name="map"),
    path("map/data.json", map_views.data, name="map-data"),
    path("map/areas/<int:number>/", map_views.area, name="map-area"),
    path("map/sheets/<str:sha256>.jpg", map_views.sheet, name="map-sheet"),
    path("map/titles/<int:number>.json", map_views.sheet_titles, name="map-titles"),
    path("painting/<str:key>/", views.painting, name="painting"),
    path("painting/<str:key>/viewer/", views.viewer, name="painting-viewer"),
    path("painting/<str:key>/side-by-side/", views.side_by_side, name="side-by-side"),
    path("painting/<str:key>/picture.jpg", views.picture, name="painting-picture"),
]
