import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { GROUP, startScim } from '../http/scim-server.ts';
import { startClient } from './client-thread.ts';
import { crowdId, insertCrowd } from './crowd.ts';

describe('x', () => {
  it('m', { timeout: 120_000 }, async () => {
    const server = await startScim();
    await insertCrowd(server.db, 'acme', 100_000);
    const client = startClient(`${server.url}/scim/acme/v2`);
    await client('GET', '/Users?count=1');
    const measure = async (name: string, method: string, path: string, body?: string) => {
      global.gc?.();
      await new Promise((r) => setTimeout(r, 50));
      const h = monitorEventLoopDelay({ resolution: 1 });
      h.enable();
      const cpu = process.cpuUsage();
      const sent = await client(method, path, body);
      h.disable();
      const used = process.cpuUsage(cpu);
      console.log(
        name,
        sent.status,
        Math.round(sent.durationMs),
        'ms; max hold',
        (h.max / 1e6).toFixed(1),
        'cpu',
        Math.round((used.user + used.system) / 1000),
        sent.start.slice(0, 150),
      );
      return sent;
    };
    const members = Array.from({ length: 100_000 }, (_, n) => ({ value: crowdId(n + 1) }));
    const PO = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
    const body = JSON.stringify({ schemas: [GROUP], displayName: 'All', members });
    const made = await measure('POST', 'POST', '/Groups', body);
    const id = (JSON.parse(`{"id":${/"id":("[^"]+")/.exec(made.start)?.[1]}}`) as { id: string }).id;
    await measure('PUT same', 'PUT', `/Groups/${id}`, body);
    await measure('GET', 'GET', `/Groups/${id}`);
    await measure(
      'PATCH add 1',
      'PATCH',
      `/Groups/${id}`,
      JSON.stringify({
        schemas: [PO],
        Operations: [{ op: 'remove', path: `members[value eq "${crowdId(5)}"]` }],
      }),
    );
    await measure(
      'PATCH remove 100k',
      'PATCH',
      `/Groups/${id}`,
      JSON.stringify({ schemas: [PO], Operations: [{ op: 'remove', path: 'members', value: members }] }),
    );
    await measure(
      'PATCH add 100k',
      'PATCH',
      `/Groups/${id}`,
      JSON.stringify({ schemas: [PO], Operations: [{ op: 'add', path: 'members', value: members }] }),
    );
    await measure(
      'PATCH remove filtered',
      'PATCH',
      `/Groups/${id}`,
      JSON.stringify({ schemas: [PO], Operations: [{ op: 'remove', path: 'members[type eq "Group"]' }] }),
    );
    await measure(
      'PATCH replace all',
      'PATCH',
      `/Groups/${id}`,
      JSON.stringify({
        schemas: [PO],
        Operations: [{ op: 'replace', path: 'members', value: members.slice(50_000) }],
      }),
    );
    await measure('DELETE', 'DELETE', `/Groups/${id}`);
    await measure('POST unknown', 'POST', '/Groups', body.replaceAll('u-000', 'v-000'));
    await measure('filter', 'GET', '/Users?filter=title%20co%20%22zz%22');
    await measure('sort', 'GET', '/Users?sortBy=title');
    await measure('deep', 'GET', '/Users?startIndex=90000');
    expect(1).toBe(1);
  });
});
