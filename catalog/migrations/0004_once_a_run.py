from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_work_of_before")]
    operations = [
        migrations.AddConstraint(
            model_name="harvestitem",
            constraint=models.UniqueConstraint(fields=("run", "mark"), name="once_a_run"),
        ),
    ]
