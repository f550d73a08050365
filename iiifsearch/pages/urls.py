from django.urls import path

from iiifsearch.pages import views

urlpatterns = [
    path("", views.search, name="search"),
    path("recognise/", views.recognise, name="recognise"),
    path("collections/", views.collections, name="collections"),
    path("collections/<str:key>/", views.collection, name="collection-page"),
    path("painting/<str:key>/", views.painting, name="painting"),
    path("painting/<str:key>/viewer/", views.viewer, name="painting-viewer"),
    path("painting/<str:key>/side-by-side/", views.side_by_side, name="side-by-side"),
    path("painting/<str:key>/picture.jpg", views.picture, name="painting-picture"),
]
