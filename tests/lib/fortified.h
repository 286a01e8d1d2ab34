/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

/*
 * What stands before the C library's explicit_bzero() has to stand before this, too: a program
 * that is compiled with _FORTIFY_SOURCE calls it by this name, and only then declares it. It is
 * hidden from the libraries, which zero what is theirs.
 */
#if __USE_FORTIFY_LEVEL == 0
void __explicit_bzero_chk (void *data, size_t length, size_t size);
#endif

#define TEST_FORTIFIED_EXPLICIT_BZERO                                                              \
  __attribute__ ((visibility ("hidden"))) void __explicit_bzero_chk (void *data, size_t length,    \
                                                                     size_t size)                  \
  {                                                                                                \
    explicit_bzero (data, length);                                                                 \
  }
