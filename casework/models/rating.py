"""What applicants say of the service once their case is decided (好差评)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Rating(models.Model):
    """One grade per case, with tags and words, and one follow-up. Nobody but counts looks at it: officers never see
    who gave which grade.
    """

    class Grade(models.IntegerChoices):
        VERY_GOOD = 5, _("Very satisfied")
        GOOD = 4, _("Satisfied")
        FAIR = 3, _("Fairly satisfied")
        POOR = 2, _("Not satisfied")
        VERY_POOR = 1, _("Very dissatisfied")

    case = models.OneToOneField("casework.Case", models.CASCADE, related_name="rating")
    division_path = models.CharField(max_length=100, db_collation="C", editable=False)
    grade = models.PositiveSmallIntegerField(
        _("grade"), choices=Grade, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    tags = models.JSONField(_("tags"), default=list)
    words = models.CharField(_("words"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)
    follow_up = models.CharField(_("follow-up"), max_length=500, blank=True)
    followed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        default_permissions = []
        indexes = [models.Index(fields=["division_path", "grade"], name="rating_place")]

    def __str__(self):
        return self.get_grade_display()
