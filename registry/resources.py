"""What names the rows of the lists bureau staff export from the administration pages.

Organizations leave and enter through the survey workbook and its batch (registry.workbooks, registry.services.imports),
which checks, previews and undoes; the other columns of a smaller list are those on screen.
"""

from import_export.fields import Field
from import_export.resources import ModelResource

from registry.models import DivisionYear, Need, Project


class PlacedResource(ModelResource):
    division_code = Field("division__code")
    division_name = Field("division__full_name")


class DivisionYearResource(PlacedResource):
    class Meta:
        model = DivisionYear
        import_id_fields = ["division_code", "year"]
        fields = ["division_code", "division_name", "year"]


class NeedResource(PlacedResource):
    class Meta:
        model = Need
        import_id_fields = ["division_code", "number"]
        fields = ["division_code", "division_name", "number"]


class ProjectResource(PlacedResource):
    class Meta:
        model = Project
        import_id_fields = ["division_code", "number"]
        fields = ["division_code", "division_name", "number"]
