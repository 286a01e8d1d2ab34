/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-certificate-pool.h"

#include "certificate-factory.h"

#define N_THREADS 4
#define N_ROUNDS 200

static TestCertificate *
make (const char *name)
{
  const TestCertificateSpec spec = { .name = name, .not_before = 0, .not_after = 2000000000 };

  return test_certificate_new (&spec, NULL, NULL);
}

static GBytes *
copy (GBytes *bytes)
{
  return g_bytes_new (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
test_forgotten (void)
{
  g_autoptr (TestCertificate) made = make ("gone");
  g_autoptr (GBytes) der = copy (scep_certificate_get_der (made->certificate));
  guint size = scep_certificate_pool_get_size ();

  g_assert_cmpuint (size, >, 0);
  g_assert_finalize_object (g_steal_pointer (&made->certificate));
  g_assert_cmpuint (scep_certificate_pool_get_size (), ==, size - 1);
  g_assert_null (scep_certificate_pool_lookup (der));
  made->certificate = scep_certificate_new (der, NULL);
  g_assert_nonnull (made->certificate);
}

static void
test_refused (void)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("0", 1);
  g_autoptr (GError) error = NULL;
  guint size = scep_certificate_pool_get_size ();

  g_assert_null (scep_certificate_new (nothing, &error));
  g_assert_nonnull (error);
  g_assert_null (scep_certificate_pool_lookup (nothing));
  g_assert_cmpuint (scep_certificate_pool_get_size (), ==, size);
}

static void
test_same (void)
{
  g_autoptr (TestCertificate) one = make ("one");
  g_autoptr (TestCertificate) two = make ("two");
  g_autoptr (GBytes) der = copy (scep_certificate_get_der (one->certificate));
  g_autoptr (ScepCertificate) again = scep_certificate_new (der, NULL);

  g_assert_true (again == one->certificate);
  g_assert_true (again != two->certificate);
}

static gpointer
come_and_go (gpointer data)
{
  for (guint i = 0; i < N_ROUNDS; i++) {
    g_autoptr (GBytes) der = copy (data);
    g_autoptr (ScepCertificate) certificate = scep_certificate_new (der, NULL);

    g_assert_true (g_bytes_equal (scep_certificate_get_der (certificate), data));
  }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (TestCertificate) made = make ("busy");
  g_autoptr (GBytes) der = copy (scep_certificate_get_der (made->certificate));
  guint size = scep_certificate_pool_get_size ();
  GThread *threads[N_THREADS];

  g_assert_finalize_object (g_steal_pointer (&made->certificate));
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("come-and-go", come_and_go, der);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (scep_certificate_pool_get_size (), ==, size - 1);
  made->certificate = scep_certificate_new (der, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/certificate-pool/forgotten", test_forgotten);
  g_test_add_func ("/certificate-pool/refused", test_refused);
  g_test_add_func ("/certificate-pool/same", test_same);
  g_test_add_func ("/certificate-pool/threads", test_threads);
  return g_test_run ();
}
