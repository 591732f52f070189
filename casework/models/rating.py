"""What applicants say of the service once their case is decided (好差评)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.division import in_paths


class RatingQuerySet(models.QuerySet):
    def visible_to(self, user, perm="casework.view_rating"):
        """Ratings of cases at the user's places."""
        return self.filter(in_paths("division_path", user.paths(perm)))

    def open(self):
        """Bad ratings (差评) the bureau has still to answer, or to report what was put right."""
        return self.filter(due__isnull=False)


class Rating(models.Model):
    """One grade per case, with tags and words, and one follow-up. Whoever reads it is never told of which case it is:
    officers do not see who gave which grade.

    A bad one is answered (`answer`), then what was put right is reported (`remedy`); `due` is the day the next of both
    is due, empty when nothing is.
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
    due = models.DateField(_("due"), null=True, editable=False)
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=150, blank=True)
    remedy = models.CharField(_("what was put right"), max_length=500, blank=True)
    remedied_at = models.DateTimeField(null=True)
    remedied_by = models.CharField(max_length=150, blank=True)

    objects = RatingQuerySet.as_manager()

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        default_permissions = []
        permissions = [
            ("view_rating", _("Can read ratings of the service")),
            ("answer_rating", _("Can answer bad ratings of the service")),
        ]
        indexes = [models.Index(fields=["division_path", "grade"], name="rating_place")]

    def __str__(self):
        return self.get_grade_display()
