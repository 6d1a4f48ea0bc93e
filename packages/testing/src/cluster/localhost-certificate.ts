/**
 * A certificate for tests, signed by itself and valid until 2120. It names the host `localhost` and no address, as those of
 * managed clusters name hosts only. Its key is public and protects nothing.
 */
export const localhostCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBYjCCAQegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEtSnJXMdoZNae/D
UjFLgdEeTmXgeNXfpfAzW5iIU8n4fS9N1qru/NK9jkEezvV58HlEuJpM/LXvXFBu
dbN2ITujSDBGMBQGA1UdEQQNMAuCCWxvY2FsaG9zdDAPBgNVHRMBAf8EBTADAQH/
MB0GA1UdDgQWBBSNnljQc3V55vj0pk1iXW1v+9Lh7jAKBggqhkjOPQQDAgNJADBG
AiEAx3cKZFI2UdQdcsWdO73nY4V9QyxHHluuqt6JM1GrgloCIQDqr0o8C9uULlqZ
jF50fsF4tsLbibRmaBzxncTdm7czYg==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgq+60uu2ufua0q45i
oJtiwGiwDLq7dUUwf2qFsWzqFx+hRANCAARLUpyVzHaGTWnvw1IxS4HRHk5l4HjV
36XwM1uYiFPJ+H0vTdaq7vzSvY5BHs71efB5RLiaTPy171xQbnWzdiE7
-----END PRIVATE KEY-----
`,
} as const;
