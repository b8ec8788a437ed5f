"""What can be wrong with "my data", and the sentence for each."""

from shared.errors import Conflict, Invalid, NotFound
from shared.markers import N_


class FieldLocked(Invalid):
    code = "field-locked"
    message = N_("This was read from your identity card and cannot be changed here.")


class BirthDateInvalid(Invalid):
    code = "birth-date-invalid"
    message = N_("This cannot be a date of birth.")


class PhoneInvalid(Invalid):
    """params: example, a number of that country as one writes it there."""

    code = "phone-invalid"
    message = N_("This is not a telephone number. Write it like {example}, or with + and the country in front.")


class CountryUnknown(Invalid):
    code = "country-unknown"
    message = N_("Choose a country from the list.")


class FieldMissing(Invalid):
    code = "field-missing"
    message = N_("Fill this in, or remove the whole entry.")


class FieldTooLong(Invalid):
    """params: max_length."""

    code = "field-too-long"
    message = N_("Use one line of at most {max_length} characters.")


class PostalCodeInvalid(Invalid):
    code = "postal-code-invalid"
    message = N_("A Belgian postal code has four digits, from 1000 to 9999.")


class LinkInvalid(Invalid):
    code = "link-invalid"
    message = N_("This is not the address of a page there.")


class ProfileChangedMeanwhile(Conflict):
    code = "profile-changed-meanwhile"
    message = N_(
        "Your data were changed in another window since you opened this page. Look at what is there now, and save again."
    )


class PictureUnreadable(Invalid):
    code = "picture-unreadable"
    message = N_("This is not a picture that we can read. Choose a JPEG, PNG or WebP file.")


class PictureTooLarge(Invalid):
    """params: max_megapixels."""

    code = "picture-too-large"
    message = N_("This picture has too many pixels. Choose one of at most {max_megapixels} megapixels.")


class PictureTooSmall(Invalid):
    """params: min_pixels."""

    code = "picture-too-small"
    message = N_("This picture is too small. It needs at least {min_pixels} pixels each way.")


class PictureMissing(NotFound):
    code = "picture-missing"
    message = N_("There is no picture.")
