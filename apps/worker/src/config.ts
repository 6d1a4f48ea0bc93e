import { defineConfig, field, queueFields, type ConfigOf } from '@sluice/service';

/** The settings of the shipped app: its queue, and how its handlers fetch. */
export const shippedConfig = defineConfig({
  ...queueFields,
  allowPrivate: field.flag({
    env: 'SLUICE_ALLOW_PRIVATE',
    description:
      'Whether URLs may lead to private, loopback and other addresses that are not public. Only for trusted input.',
    default: 'false',
  }),
  useProxy: field.flag({
    env: 'SLUICE_USE_PROXY',
    description:
      'Whether fetches go through the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name; without it these variables are ignored. A proxy resolves names itself, so the proxy must block private addresses.',
    default: 'false',
  }),
});

export type ShippedConfig = ConfigOf<typeof shippedConfig>;
