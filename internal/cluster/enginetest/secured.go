package enginetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// Master and MasterPassword are the user of StartSecured who may do everything.
const (
	Master         = "admin"
	MasterPassword = "admin"
)

// StartSecured starts OpenSearch with its security plugin: HTTP without TLS, users
// in its own database, one of them Master.
func StartSecured(t testing.TB) *Running {
	t.Helper()
	certificate, key, err := selfSigned()
	if err != nil {
		t.Fatal(err)
	}
	meta := func(kind string) string { return "_meta: {type: " + kind + ", config_version: 2}\n" }
	files := map[string]string{
		"node.pem": certificate, "node.key": key,
		"opensearch-security/config.yml": meta("config") + `
config:
  dynamic:
    authc:
      basic:
        http_enabled: true
        order: 0
        http_authenticator: {type: basic, challenge: true}
        authentication_backend: {type: intern}
`,
		// The hash is that of the plugin's own demonstration.
		"opensearch-security/internal_users.yml": meta("internalusers") + Master + `: {hash: "$2a$12$VcCDgh2NDk07JGN0rjGbM.Ad41qVR/YFJcgHp0UGns5JDymv..TOG", backend_roles: [admin]}` + "\n",
		"opensearch-security/roles_mapping.yml":  meta("rolesmapping") + "all_access: {backend_roles: [admin]}\n",
	}
	for name, kind := range map[string]string{
		"roles": "roles", "action_groups": "actiongroups", "tenants": "tenants", "nodes_dn": "nodesdn", "allowlist": "allowlist",
	} {
		files["opensearch-security/"+name+".yml"] = meta(kind)
	}
	return StartWith(
		t, Secured2, files,
		"plugins.security.ssl.transport.pemcert_filepath: node.pem",
		"plugins.security.ssl.transport.pemkey_filepath: node.key",
		"plugins.security.ssl.transport.pemtrustedcas_filepath: node.pem",
		"plugins.security.ssl.transport.enforce_hostname_verification: false",
		"plugins.security.ssl.http.enabled: false",
		"plugins.security.allow_default_init_securityindex: true",
		"plugins.security.restapi.roles_enabled: [all_access]",
	)
}

// selfSigned is a certificate for the node's transport, which the plugin wants even
// for one node, and its key.
func selfSigned() (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "node"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return "", "", err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	encode := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", pkcs8), nil
}
