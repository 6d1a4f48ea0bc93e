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
  webhookSecretsFile: field.text({
    env: 'SLUICE_WEBHOOK_SECRETS_FILE',
    description:
      'Path of a JSON file with the secrets that sign webhooks: an object of names, each with one secret or a list of them, newest first. A changed file is read again. Without it no webhook can be sent.',
    optional: true,
    example: '/etc/sluice/webhook-secrets.json',
  }),
  webhooksPerHost: field.wholeNumber({
    env: 'SLUICE_WEBHOOKS_PER_HOST',
    description:
      'The most webhooks that one worker process sends to one host at a time. Others for that host come back a little later.',
    default: '5',
    min: 1,
    max: 1_000,
  }),
  useProxy: field.flag({
    env: 'SLUICE_USE_PROXY',
    description:
      'Whether fetches go through the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name; without it these variables are ignored. A proxy resolves names itself, so the proxy must block private addresses.',
    default: 'false',
  }),
});

export type ShippedConfig = ConfigOf<typeof shippedConfig>;
