/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memmem() */
#define _GNU_SOURCE

#include "fuzz-der.h"
#include "fuzz.h"

#include <string.h>

/**
 * fuzz_read_identity:
 * @name: a file of tests/fuzz/corpus/identities
 *
 * Returns: (transfer full): its contents
 */
GBytes *
fuzz_read_identity (const char *name)
{
  g_autofree char *path = g_build_filename (FUZZ_DIR, "corpus", "identities", name, NULL);
  g_autoptr (GError) error = NULL;
  char *contents;
  gsize length;

  if (!g_file_get_contents (path, &contents, &length, &error))
    g_error ("%s", error->message);
  return g_bytes_new_take (contents, length);
}

/**
 * fuzz_read_certificate:
 *
 * Returns: (transfer full): the certificate in fuzz_read_identity()
 */
ScepCertificate *
fuzz_read_certificate (const char *name)
{
  g_autoptr (GBytes) der = fuzz_read_identity (name);
  g_autoptr (GError) error = NULL;
  ScepCertificate *certificate = scep_certificate_new (der, &error);

  if (certificate == NULL)
    g_error ("%s: %s", name, error->message);
  return certificate;
}

/**
 * fuzz_get_now:
 *
 * Returns: Unix seconds of a day at which what the corpora hold is valid
 */
gint64
fuzz_get_now (void)
{
  static gint64 now;

  if (now == 0) {
    g_autoptr (ScepCertificate) ca = fuzz_read_certificate ("ca.der");

    now = scep_certificate_get_not_before (ca) + 24 * 60 * 60;
  }
  return now;
}

/**
 * fuzz_is_key_file:
 *
 * GKeyFile ends a value at a NUL, takes one carriage return off the end of a
 * line each time it reads, and warns of an error of its own where a line
 * ends in the second escape that means nothing.
 *
 * Returns: whether it is worth reading
 */
gboolean
fuzz_is_key_file (const guint8 *data, gsize size)
{
  return memchr (data, '\0', size) == NULL && memchr (data, '\r', size) == NULL &&
         g_strstr_len ((const char *) data, (gssize) size, "\\\n") == NULL &&
         (size == 0 || data[size - 1] != '\\');
}

static guint
count_children (const FuzzDer *self)
{
  return self != NULL && self->children != NULL ? self->children->len : 0;
}

/* What is BER inside has octets and no children. */
static gboolean
is_empty (const FuzzDer *self)
{
  return self->children != NULL ? self->children->len == 0 : g_bytes_get_size (self->content) == 0;
}

/**
 * fuzz_assert_name:
 * @der: a Name that the codec has read
 *
 * As another reader of DER sees it, no part of it is empty. What is BER it cannot see.
 */
void
fuzz_assert_name (GBytes *der)
{
  g_autoptr (FuzzDer) name = fuzz_der_parse (der);

  for (guint i = 0; i < count_children (name); i++) {
    const FuzzDer *rdn = fuzz_der_child (name, i);

    g_assert_false (is_empty (rdn));
    for (guint j = 0; j < count_children (rdn); j++)
      g_assert_false (is_empty (fuzz_der_child (rdn, j)));
  }
}

/* Nothing that has to be there is missing. */
static void
assert_complete (ScepCertificate *certificate)
{
  g_autoptr (FuzzDer) spki = fuzz_der_parse (scep_certificate_get_spki (certificate));

  fuzz_assert_name (scep_certificate_get_subject_der (certificate));
  fuzz_assert_name (scep_certificate_get_issuer_der (certificate));
  g_assert_true (spki == NULL || !is_empty (spki));
}

/* What printf() makes of a text that is not there. */
#define NO_TEXT "(null)"

/* The input has it itself, and may be quoted. */
static gboolean says_no_text;

/**
 * fuzz_note_input:
 *
 * From here on errors are about this input.
 */
void
fuzz_note_input (const guint8 *data, gsize size)
{
  says_no_text = memmem (data, size, NO_TEXT, strlen (NO_TEXT)) != NULL;
}

/**
 * fuzz_assert_error:
 *
 * A person may read it: nothing was missing when it was written.
 */
void
fuzz_assert_error (const GError *error)
{
  g_assert_cmpstr (error->message, !=, "");
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (!says_no_text)
    g_assert_null (strstr (error->message, NO_TEXT));
}

/**
 * fuzz_look_at_certificate:
 *
 * Reads what is not read when the object is made.
 */
void
fuzz_look_at_certificate (ScepCertificate *certificate)
{
  g_auto (GStrv) alt_names = scep_certificate_dup_subject_alt_names (certificate);
  g_autofree char *forbidden = scep_certificate_find_forbidden_name (certificate, certificate);
  g_autofree char *host = scep_certificate_find_forbidden_host (certificate, certificate);
  g_autofree char *pem = NULL;
  g_autoptr (GPtrArray) again = NULL;
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  ScepDigest digest;

  for (guint i = 0; alt_names[i] != NULL; i++)
    g_assert_true (g_utf8_validate (alt_names[i], -1, NULL));
  g_assert_true (g_utf8_validate (scep_certificate_get_subject (certificate), -1, NULL));
  g_assert_true (g_utf8_validate (scep_certificate_get_issuer (certificate), -1, NULL));
  g_assert_true (forbidden == NULL || g_utf8_validate (forbidden, -1, NULL));
  assert_complete (certificate);
  g_assert_true (host == NULL || g_utf8_validate (host, -1, NULL));
  scep_certificate_is_self_issued (certificate);
  scep_certificate_is_issued_by (certificate, certificate, &digest, NULL);
  g_ptr_array_add (list, certificate);
  pem = scep_certificate_list_to_pem (list);
  again = scep_certificate_list_from_pem (pem, &error);
  g_assert_no_error (error);
  g_assert_true (scep_certificate_equal (g_ptr_array_index (again, 0), certificate));
}

void
fuzz_look_at_certificates (GPtrArray *certificates)
{
  for (guint i = 0; i < certificates->len; i++)
    fuzz_look_at_certificate (g_ptr_array_index (certificates, i));
}
