import { fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { addHttpApi } from '../http-api.ts';
import { needs } from './verbs.ts';

describe('a route', () => {
  test('cannot be added without saying what a client must be allowed to do', () => {
    const app = fastify();
    addHttpApi(app, { producers: [] });
    expect(() => app.get('/v1/open', () => 'open')).toThrow('GET /v1/open names no verb');
    expect(() => app.get('/v1/closed', needs('read'), () => 'closed')).not.toThrow();
  });
});
