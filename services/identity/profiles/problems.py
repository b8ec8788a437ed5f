"""What can be wrong with "my data", and the sentence for each."""

from shared.errors import Conflict, Invalid, NotFound
from shared.markers import N_


class FieldLocked(Invalid):
    code = "field-locked"
    message = N_("This was read from your identity card and cannot be changed here.")


class BirthDateInvalid(Invalid):
    code = "birth-date-invalid"
    message = N_("This cannot be a date of birth.")


class ProfileChangedMeanwhile(Conflict):
    code = "profile-changed-meanwhile"
    message = N_(
        "Your data were changed in another window since you opened this page. Look at what is there now, and save again."
    )


class PictureMissing(NotFound):
    code = "picture-missing"
    message = N_("There is no picture.")
