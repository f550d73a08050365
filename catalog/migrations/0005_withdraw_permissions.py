from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_once_a_run")]
    operations = [
        migrations.AlterModelOptions(
            name="canvas",
            options={
                "ordering": ["id"],
                "permissions": [("withdraw_canvas", "Can withdraw canvases")],
                "verbose_name_plural": "canvases",
            },
        ),
        migrations.AlterModelOptions(
            name="manifest",
            options={
                "ordering": ["id"],
                "permissions": [("withdraw_manifest", "Can withdraw manifests")],
            },
        ),
    ]
