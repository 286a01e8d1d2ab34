/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-name-constraints.h"

#include "base/scep-text.h"

#include "codec/scep-cms.h"
#include "codec/scep-constrained-name.h"
#include "codec/scep-der.h"
#include "codec/scep-name.h"

/* Every name is compared with every subtree: what nobody needs is refused. */
#define MAX_SUBTREES 500
#define MAX_NAMES 500

#define OID_COMMON_NAME "2.5.4.3"
#define OID_EMAIL_ADDRESS "1.2.840.113549.1.9.1"

#define TAG_PERMITTED 0xa0
#define TAG_EXCLUDED 0xa1

struct _ScepNameConstraints {
  GPtrArray *permitted; /* (element-type ScepConstrainedName) (owned) */
  GPtrArray *excluded;  /* (element-type ScepConstrainedName) (owned) */
};

static GPtrArray *
list_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) scep_constrained_name_free);
}

/* A minimum or maximum is not to be used, and is not evaluated: nothing can be compared then. */
static ScepConstrainedName *
read_subtree (ScepDerReader *subtree)
{
  g_autoptr (GBytes) base = scep_der_reader_take (subtree, scep_der_reader_peek (subtree));
  g_autoptr (ScepConstrainedName) name =
      base != NULL ? scep_constrained_name_new (base, TRUE) : NULL;

  if (name != NULL && !scep_der_reader_is_at_end (subtree)) {
    g_clear_pointer (&name->text, g_free);
    g_clear_pointer (&name->octets, g_bytes_unref);
  }
  return g_steal_pointer (&name);
}

static gboolean
read_subtrees (ScepDerReader *fields, guint8 tag, GPtrArray *list)
{
  ScepDerReader subtrees;

  if (scep_der_reader_peek (fields) != tag)
    return TRUE;
  if (!scep_der_reader_enter (fields, tag, &subtrees) || scep_der_reader_is_at_end (&subtrees))
    return FALSE;
  while (!scep_der_reader_is_at_end (&subtrees)) {
    ScepDerReader subtree;
    ScepConstrainedName *name;

    if (list->len == MAX_SUBTREES ||
        !scep_der_reader_enter (&subtrees, SCEP_TAG_SEQUENCE, &subtree))
      return FALSE;
    name = read_subtree (&subtree);
    if (name == NULL)
      return FALSE;
    g_ptr_array_add (list, name);
  }
  return TRUE;
}

/**
 * scep_name_constraints_new:
 * @der: NameConstraints
 *
 * Returns: (transfer full) (nullable): the constraints, or %NULL where they cannot
 *   be read
 */
ScepNameConstraints *
scep_name_constraints_new (GBytes *der)
{
  g_autoptr (ScepNameConstraints) self = g_new0 (ScepNameConstraints, 1);
  ScepDerReader whole;
  ScepDerReader fields;

  self->permitted = list_new ();
  self->excluded = list_new ();
  scep_der_reader_init (&whole, der);
  if (!scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &fields) ||
      !scep_der_reader_is_at_end (&whole) || scep_der_reader_is_at_end (&fields) ||
      !read_subtrees (&fields, TAG_PERMITTED, self->permitted) ||
      !read_subtrees (&fields, TAG_EXCLUDED, self->excluded) ||
      !scep_der_reader_is_at_end (&fields))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * scep_name_constraints_free:
 * @constraints: (transfer full) (nullable):
 */
void
scep_name_constraints_free (ScepNameConstraints *constraints)
{
  if (constraints == NULL)
    return;
  g_ptr_array_unref (constraints->permitted);
  g_ptr_array_unref (constraints->excluded);
  g_free (constraints);
}

/* A form that cannot be compared is one that its names are not allowed. */
static gboolean
is_excluded (const ScepNameConstraints *self, const ScepConstrainedName *name)
{
  for (guint i = 0; i < self->excluded->len; i++) {
    const ScepConstrainedName *base = g_ptr_array_index (self->excluded, i);

    if (!scep_constrained_name_is_of_form (name, base))
      continue;
    if (!scep_constrained_name_is_comparable (name) ||
        !scep_constrained_name_is_comparable (base) ||
        scep_constrained_name_is_within (name, base, TRUE))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_permitted (const ScepNameConstraints *self, const ScepConstrainedName *name)
{
  gboolean is_limited = FALSE;

  for (guint i = 0; i < self->permitted->len; i++) {
    const ScepConstrainedName *base = g_ptr_array_index (self->permitted, i);

    if (!scep_constrained_name_is_of_form (name, base))
      continue;
    is_limited = TRUE;
    if (!scep_constrained_name_is_comparable (name) || !scep_constrained_name_is_comparable (base))
      return FALSE;
    if (scep_constrained_name_is_within (name, base, FALSE))
      return TRUE;
  }
  return !is_limited;
}

static gboolean
is_forbidden (const ScepNameConstraints *self, const ScepConstrainedName *name)
{
  return is_excluded (self, name) || !is_permitted (self, name);
}

/* As settings spell it. */
static char *
show_alt_name (GBytes *general_name)
{
  g_autoptr (GBytes) names = scep_der_wrap (SCEP_TAG_SEQUENCE, general_name);
  g_auto (GStrv) shown = scep_alt_names_decode (names, NULL);
  g_autoptr (GBytes) directory_name =
      scep_cms_get_primitive (general_name, SCEP_GENERAL_NAME_DIRECTORY);
  char *text = directory_name != NULL ? scep_name_to_string (directory_name, NULL) : NULL;

  if (text != NULL)
    return text;
  return g_strdup (shown != NULL && shown[0] != NULL ? shown[0] : "?");
}

/* @has_email: (inout): whether there was an rfc822Name */
static char *
find_among_alt_names (const ScepNameConstraints *self, GBytes *alt_names, gboolean *has_email)
{
  ScepDerReader whole;
  ScepDerReader names;
  guint n_names = 0;

  scep_der_reader_init (&whole, alt_names);
  if (!scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &names))
    return g_strdup ("?");
  while (!scep_der_reader_is_at_end (&names)) {
    g_autoptr (GBytes) der = scep_der_reader_take (&names, scep_der_reader_peek (&names));
    g_autoptr (ScepConstrainedName) name =
        der != NULL ? scep_constrained_name_new (der, FALSE) : NULL;

    if (name == NULL || ++n_names > MAX_NAMES)
      return g_strdup ("?");
    if (is_forbidden (self, name))
      return show_alt_name (der);
    *has_email = *has_email || name->tag == SCEP_GENERAL_NAME_EMAIL;
  }
  return NULL;
}

static char *
find_email_in_subject (const ScepNameConstraints *self, GBytes *subject)
{
  g_auto (GStrv) values = scep_name_dup_values (subject, OID_EMAIL_ADDRESS);

  for (guint i = 0; values[i] != NULL; i++) {
    g_autoptr (ScepConstrainedName) name = scep_constrained_name_new_email (values[i]);

    g_autofree char *shown = NULL;

    if (!is_forbidden (self, name))
      continue;
    shown = scep_text_printable (values[i], -1);
    return g_strconcat ("emailAddress=", shown, NULL);
  }
  return NULL;
}

/* An empty subject names nobody. */
static gboolean
is_subject_forbidden (const ScepNameConstraints *self, GBytes *subject)
{
  g_autoptr (ScepConstrainedName) name = scep_constrained_name_new_directory (subject);

  return (name->text == NULL || name->text[0] != '\0') && is_forbidden (self, name);
}

/**
 * scep_name_constraints_find_forbidden:
 * @subject: a Name
 * @alt_names: (nullable): GeneralNames
 *
 * Applies the constraints of a CA to what stands below it (RFC 5280 section 6.1.3
 * (b) and (c)). An emailAddress in the subject counts where there is no rfc822Name.
 *
 * Returns: (transfer full) (nullable): the first name that the CA may not give, for
 *   people, or %NULL where there is none
 */
char *
scep_name_constraints_find_forbidden (const ScepNameConstraints *constraints, GBytes *subject,
                                      GBytes *alt_names)
{
  gboolean has_email = FALSE;
  char *found = NULL;

  if (is_subject_forbidden (constraints, subject)) {
    found = scep_name_to_string (subject, NULL);
    return found != NULL ? found : g_strdup ("?");
  }
  if (alt_names != NULL)
    found = find_among_alt_names (constraints, alt_names, &has_email);
  if (found == NULL && !has_email)
    found = find_email_in_subject (constraints, subject);
  return found;
}

static gboolean
has_dns_name (GBytes *alt_names)
{
  ScepDerReader whole;
  ScepDerReader names;

  scep_der_reader_init (&whole, alt_names);
  if (!scep_der_reader_enter (&whole, SCEP_TAG_SEQUENCE, &names))
    return FALSE;
  while (!scep_der_reader_is_at_end (&names)) {
    guint8 tag = scep_der_reader_peek (&names);

    if (tag == SCEP_GENERAL_NAME_DNS || !scep_der_reader_skip (&names, tag))
      return tag == SCEP_GENERAL_NAME_DNS;
  }
  return FALSE;
}

/**
 * scep_name_constraints_find_forbidden_host:
 * @subject: a Name
 * @alt_names: (nullable): GeneralNames
 *
 * RFC 5280 knows no host names in a subject, but OpenSSL takes a commonName that looks
 * like one for one where there is no dNSName, and so does whoever uses it.
 *
 * Returns: (transfer full) (nullable): the first that the CA may not give, for people,
 *   or %NULL where there is none
 */
char *
scep_name_constraints_find_forbidden_host (const ScepNameConstraints *constraints, GBytes *subject,
                                           GBytes *alt_names)
{
  g_auto (GStrv) values = scep_name_dup_values (subject, OID_COMMON_NAME);

  for (guint i = 0; values[i] != NULL; i++) {
    g_autoptr (ScepConstrainedName) name = scep_constrained_name_new_host (values[i]);

    if (name != NULL && is_forbidden (constraints, name) &&
        (alt_names == NULL || !has_dns_name (alt_names)))
      return g_strconcat ("CN=", values[i], NULL);
  }
  return NULL;
}
