/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/scep-error.h"
#include "keystore/scep-target-filter.h"

#include <string.h>

static void
test_refused (void)
{
  static const struct {
    const char *text;
    const char *message;
  } rows[] = {
    { "", "character 1." },
    { "id=a", "character 1." },
    { "(id=a", "“)” was expected at character 6." },
    { "(id=a))", "character 7." },
    { "(=a)", "name was expected" },
    { "(id a)", "character 5." },
    { "(id>a)", "one of" },
    { "(&)", "“(” was expected" },
    { "(|)", "“(” was expected" },
    { "(!(id=a)(id=b))", "“)” was expected at character 9." },
    { "(id=a(b)", "character 6." },
    { "(id>=a*)", "character 7." },
    { "(id=\\q)", "escape" },
    { "(id=\\qa)", "escape" },
    { "(id=\\6)", "escape" },
    { "(id=\\00)", "NUL character (\\00), which no value can have, at character 5." },
    { "(id=\\", "escape" },
    { "(id:=a)", "extensible match" },
    { "(:dn:=a)", "extensible match" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (scep_target_filter_parse (rows[i].text, &error));
    g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
    if (strstr (error->message, rows[i].message) == NULL)
      g_error ("“%s”: %s", rows[i].text, error->message);
  }
}

static char *
nest (guint depth)
{
  GString *text = g_string_new (NULL);

  for (guint i = 1; i < depth; i++)
    g_string_append (text, "(!");
  g_string_append (text, "(id=a)");
  for (guint i = 1; i < depth; i++)
    g_string_append_c (text, ')');
  return g_string_free (text, FALSE);
}

static void
test_bounds (void)
{
  g_autofree char *deepest = nest (16);
  g_autofree char *too_deep = nest (17);
  g_autofree char *long_value = g_strnfill (1024 - strlen ("(id=)"), 'a');
  g_autofree char *longest = g_strconcat ("(id=", long_value, ")", NULL);
  g_autofree char *too_long = g_strconcat ("(id=a", long_value, ")", NULL);
  g_autoptr (ScepTargetFilter) long_filter = NULL;
  g_autoptr (ScepTargetFilter) filter = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (scep_target_filter_parse (too_deep, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_clear_error (&error);
  g_assert_null (scep_target_filter_parse (too_long, &error));
  g_assert_error (error, SCEP_ERROR, SCEP_ERROR_INVALID_SETTING);
  g_clear_error (&error);
  long_filter = scep_target_filter_parse (longest, &error);
  g_assert_no_error (error);
  g_assert_nonnull (long_filter);
  filter = scep_target_filter_parse (deepest, &error);
  g_assert_no_error (error);
  g_assert_nonnull (filter);
}

static void
test_match (void)
{
  static const struct {
    const char *text;
    gboolean expected;
  } rows[] = {
    { "(kura.service.pid=my*Pid)", FALSE },
    { "(kura.service.pid=Org.Example)", TRUE },
    { "(service.pid=Org.Example)", TRUE },
    { "(SERVICE.PID=Org.Example)", TRUE },
    { "(Kura.Service.Pid=Org.Example)", TRUE },
    { "(ID=plant)", TRUE },
    { "(Backend=keyfile)", TRUE },
    { "(a_b-c;d=*)", FALSE },
    { "(service.pid=org.example)", FALSE },
    { "(service.pid~=org . example)", TRUE },
    { "(service.pid~=org.exampl)", FALSE },
    { "(id=plant)", TRUE },
    { "(id=)", FALSE },
    { "(id=*)", TRUE },
    { "(unknown=*)", FALSE },
    { "(!(unknown=*))", TRUE },
    { "(backend=keyfile)", TRUE },
    { "(id>=plan)", TRUE },
    { "(id>=plant)", TRUE },
    { "(id>=q)", FALSE },
    { "(id<=q)", TRUE },
    { "(id<=plant)", TRUE },
    { "(id<=plan)", FALSE },
    { "(id=pl*)", TRUE },
    { "(id=*nt)", TRUE },
    { "(id=*x)", FALSE },
    { "(id=**)", TRUE },
    { "(id=p*a*t)", TRUE },
    { "(id=p*a*a*t)", FALSE },
    { "(id=plan*ant)", FALSE },
    { "(id=pl\\61nt)", TRUE },
    { "(id=pl\\61*)", TRUE },
    { "(id=plant\\*)", FALSE },
    { "(id=plant\\2a)", FALSE },
    { "(id=\\(\\)\\\\)", FALSE },
    { " ( & (id=plant) (backend=keyfile) ) ", TRUE },
    { "(&(id=plant)(backend=token))", FALSE },
    { "(|(id=other)(backend=keyfile))", TRUE },
    { "(|(id=other)(backend=token))", FALSE },
    { "(!(id=plant))", FALSE },
    { "(!(|(id=other)(!(backend=keyfile))))", TRUE },
  };
  ScepTargetAttributes attributes = { "Org.Example", "plant", "keyfile" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepTargetFilter) filter = scep_target_filter_parse (rows[i].text, &error);

    g_assert_no_error (error);
    if (scep_target_filter_match (filter, &attributes) != rows[i].expected)
      g_error ("“%s” should give %d", rows[i].text, rows[i].expected);
  }
}

/* What a keystore is called may have blanks itself, and nobody types them alike. */
static void
test_about (void)
{
  static const struct {
    const char *text;
    gboolean expected;
  } rows[] = {
    { "(service.pid~=other)", FALSE },       { "(service.pid~=theplant)", TRUE },
    { "(service.pid~= THE  PLANT )", TRUE }, { "(service.pid=The Plant)", FALSE },
    { "(service.pid= The Plant )", TRUE },
  };
  ScepTargetAttributes attributes = { " The Plant ", "plant", "keyfile" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ScepTargetFilter) filter = scep_target_filter_parse (rows[i].text, &error);

    g_assert_no_error (error);
    if (scep_target_filter_match (filter, &attributes) != rows[i].expected)
      g_error ("“%s” should give %d", rows[i].text, rows[i].expected);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/target-filter/refused", test_refused);
  g_test_add_func ("/target-filter/bounds", test_bounds);
  g_test_add_func ("/target-filter/match", test_match);
  g_test_add_func ("/target-filter/about", test_about);
  return g_test_run ();
}
