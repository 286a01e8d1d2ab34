/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-locale.h"

#include <libintl.h>
#include <locale.h>

/**
 * scep_locale_init:
 *
 * Lets messages come in the language of the environment, always in UTF-8. Numbers,
 * dates and the order of words stay those of the C locale: files and replies are
 * the same everywhere. For main(), before anything else and before any thread.
 */
void
scep_locale_init (void)
{
  setlocale (LC_CTYPE, "");
  setlocale (LC_MESSAGES, "");
  bindtextdomain (GETTEXT_PACKAGE, SCEP_LOCALE_DIRECTORY);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}
