/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-service.h"

#include "base/scep-locale.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

int
main (void)
{
  /* Messages come in the language of the system: the manager hands on what locale.conf says. */
  scep_locale_init ();
  /* Proxies come from the environment, nothing from anybody's desktop. */
  setenv ("GSETTINGS_BACKEND", "memory", 1);
  setenv ("GIO_USE_VFS", "local", 1);
  /* Keys are in this memory: no core dump, no debugger of another process. */
  prctl (PR_SET_DUMPABLE, 0);
  umask (077);
  /* Worker threads would each leave an arena behind; with a single one the main loop waits for
   * a thread that makes a key, holds it, and was interrupted. */
  mallopt (M_ARENA_MAX, 4);
  /* Left alone it grows with what is freed, and so does what an arena keeps: a reply that
   * lists a thousand profiles would stay for good. */
  mallopt (M_MMAP_THRESHOLD, 128 * 1024);
  return scep_service_run ();
}
