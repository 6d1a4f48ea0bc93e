import { redisTest as test } from '@sluice/testing/vitest';
import { expect } from 'vitest';
import { z } from 'zod';
import { connectAdmin } from '../../admin/connect-admin.ts';
import { defineJob } from '../../job/contracts/job-contract.ts';
import { defineQueue } from '../../job/contracts/queue-policy.ts';
import { flow } from '../../put/flow/flow-node.ts';
import { connectProducer } from '../../put/connect-producer.ts';

const scan = defineJob({ name: 'scan', payload: z.object({ page: z.number() }), result: z.void() });

test('a parent names its children, and they name it', async ({ redis, prefix }) => {
  const queue = defineQueue({ name: 'reports', jobs: [scan], capacity: 10, prefix });
  await using producer = await connectProducer(queue, { redis: redis.url });
  const children = [1, 2].map((page) => flow(scan, { page }, { id: `page-${page}` }));
  await producer.putFlow(flow(scan, { page: 0 }, { id: 'all', children }));
  await using admin = await connectAdmin({ name: 'reports', prefix }, { redis: redis.url });
  const found = await admin.flow('all');
  expect(found).toMatchObject({ parent: null, childrenTotal: 2 });
  expect(found?.children.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([
    { queue: 'reports', id: 'page-1', outcome: 'unfinished' },
    { queue: 'reports', id: 'page-2', outcome: 'unfinished' },
  ]);
  expect(await admin.flow('page-1')).toEqual({
    parent: { queue: 'reports', id: 'all' },
    children: [],
    childrenTotal: 0,
  });
  expect(await admin.flow('other')).toBeNull();
});
