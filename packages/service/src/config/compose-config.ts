import { defineConfig, type ConfigSchema } from './config.ts';
import { field } from './field.ts';

/** What docker-compose.yml reads from `.env` in addition to the programs' own variables. A test compares it with that file. */
export const composeConfig: ConfigSchema = defineConfig({
  redisPassword: field.text({
    env: 'SLUICE_REDIS_PASSWORD',
    description:
      'The password of the Redis in docker-compose.yml. It becomes part of a URL, so use letters and digits.',
    secret: true,
  }),
  httpPort: field.wholeNumber({
    env: 'SLUICE_HTTP_PORT',
    description: 'The port on the loopback address of this machine that leads to the producer service.',
    default: '8080',
    max: 65_535,
  }),
  redisMaxmemory: field.text({
    env: 'REDIS_MAXMEMORY',
    description: 'The most memory that the Redis may use. Above it puts are refused, nothing is evicted.',
    default: '256mb',
  }),
  tag: field.text({ env: 'SLUICE_TAG', description: 'Tag of the images that are built.', default: 'local' }),
  redisImage: field.text({ env: 'REDIS_IMAGE', description: 'Image of the Redis.', default: 'redis:8-alpine' }),
  nodeImage: field.text({
    env: 'NODE_IMAGE',
    description: 'Image that the programs are built and run on.',
    default: 'node:24-bookworm-slim',
  }),
});
