/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include "base/scep-locale.h"

int
main (int argc, char **argv)
{
  scep_locale_init ();
  g_setenv ("GSETTINGS_BACKEND", "memory", FALSE);
  return scep_ctl_main (argv);
}
