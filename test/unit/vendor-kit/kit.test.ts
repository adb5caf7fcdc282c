import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { VendorError } from '../../../src/core/errors.ts';
import { orAbsent } from '../../../src/vendor-kit/absent.ts';
import { createEach } from '../../../src/vendor-kit/batch.ts';
import { createVendorClient, get, pathSegment, sendJson } from '../../../src/vendor-kit/client.ts';
import type { VendorReply, VendorRequest } from '../../../src/vendor-kit/http.ts';
import { type Page, paginate } from '../../../src/vendor-kit/paginate.ts';
import { looseList } from '../../../src/vendor-kit/wire.ts';

function clientOf(body: string, recognise?: (call: unknown, reply: VendorReply) => VendorError | undefined) {
  const sent: VendorRequest[] = [];
  const http = {
    now: () => 0,
    async send(request: VendorRequest) {
      sent.push(request);
      return { status: 200, headers: {}, body };
    },
  };
  const options = { title: 'Acme', http, headers: { 'X-Key': 'k' }, secrets: ['k'] };
  return { sent, client: createVendorClient({ ...options, ...(recognise && { recognise }) }) };
}

describe('a vendor client', () => {
  it('adds the credential to every call', async () => {
    const { client, sent } = clientOf('{}');
    await client.send(sendJson('PUT', '/users/1', { a: 'ü' }, 'account'));
    expect(sent).toEqual([
      {
        method: 'PUT',
        path: '/users/1',
        headers: { 'X-Key': 'k', 'Content-Type': 'application/json' },
        body: '{"a":"ü"}',
        names: 'account',
        effect: true,
      },
    ]);
  });

  it('gives what fits the schema', async () => {
    const { client } = clientOf('{"id":1,"more":true}');
    expect(await client.read(get('/users/1'), z.object({ id: z.int() }))).toEqual({ id: 1 });
  });

  it.each(['{"id":"1"}', '{"id":', '', 'null', '<html>'])(
    'takes the reply %j for UNREADABLE, or UNCERTAIN after an effect',
    async (body) => {
      const { client } = clientOf(body);
      const schema = z.object({ id: z.int() });
      await expect(client.read(get('/users/1'), schema)).rejects.toMatchObject({ code: 'UNREADABLE' });
      const write = client.read(sendJson('POST', '/users', {}), schema);
      await expect(write).rejects.toMatchObject({ code: 'UNCERTAIN' });
    },
  );

  it('lets a vendor read errors that no status tells', async () => {
    const { client } = clientOf('{"error":"full"}', (_call, reply) =>
      reply.body.includes('error') ? new VendorError('REJECTED', 'Acme is full.') : undefined,
    );
    await expect(client.send(sendJson('POST', '/users', {}))).rejects.toThrow('Acme is full.');
  });
});

describe('pathSegment', () => {
  it('encodes everything that a path could read as its own', () => {
    expect(pathSegment('a+b@c.d/../e?f#g%')).toBe('a%2Bb%40c.d%2F..%2Fe%3Ff%23g%25');
  });

  it.each(['', '.', '..'])('refuses %j, which would name another resource', (value) => {
    expect(() => pathSegment(value)).toThrow(VendorError);
  });
});

describe('createEach', () => {
  const wanted = ['a', 'b', 'c'].map((address) => ({ address, fields: {} }));

  async function outcomesWith(code: VendorError['code']) {
    const tried: string[] = [];
    const outcomes = await createEach(wanted, async ({ address }) => {
      tried.push(address);
      if (address === 'b') throw new VendorError(code, 'No.');
      return { id: address, address, presence: 'active', fields: {} };
    });
    return { tried, codes: outcomes.map((outcome) => ('error' in outcome ? outcome.error.code : 'made')) };
  }

  it.each(['REJECTED', 'CONFLICT', 'UNCERTAIN', 'NOT_PERMITTED'] as const)(
    'goes on after %s',
    async (code) => {
      expect(await outcomesWith(code)).toEqual({ tried: ['a', 'b', 'c'], codes: ['made', code, 'made'] });
    },
  );

  it.each(['THROTTLED', 'UNAUTHORISED', 'UNAVAILABLE'] as const)('ends its round at %s', async (code) => {
    expect(await outcomesWith(code)).toEqual({ tried: ['a', 'b'], codes: ['made', code, code] });
  });

  it('lets a defect through', async () => {
    const defect = createEach(wanted, async () => {
      throw new TypeError('oops');
    });
    await expect(defect).rejects.toThrow(TypeError);
  });
});

describe('orAbsent', () => {
  const failWith = (code: VendorError['code']) => async () => {
    throw new VendorError(code, 'No.');
  };

  it('takes GONE, and nothing else, for absent', async () => {
    expect(await orAbsent(failWith('GONE'))).toBe('absent');
    await expect(orAbsent(failWith('UNAVAILABLE'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await orAbsent(async () => 1)).toBe(1);
  });
});

describe('paginate', () => {
  it('yields the items of every page until there is no next one', async () => {
    const pages: Record<number, Page<string>> = {
      1: { items: ['a', 'b'], next: 3 },
      3: { items: [], next: 4 },
      4: { items: ['c'], next: null },
    };
    const all = paginate(async (position) => pages[position] ?? { items: [], next: null }, 1);
    expect(await Array.fromAsync(all)).toEqual(['a', 'b', 'c']);
  });

  it('throws rather than read the same page for ever', async () => {
    const all = paginate(async () => ({ items: ['a'], next: 1 }), 1);
    await expect(Array.fromAsync(all)).rejects.toMatchObject({ code: 'UNREADABLE' });
  });
});

describe('looseList', () => {
  const list = looseList(z.object({ id: z.int() }));

  it.each([[[{ id: 1 }]], [{ users: [{ id: 1 }] }], [{ total: 1, data: [{ id: 1 }], next: null }]])(
    'reads %j',
    (value) => {
      expect(list.parse(value)).toEqual([{ id: 1 }]);
    },
  );

  it.each([[{}], [{ a: [], b: [] }], [null], ['text'], [[{ id: 'x' }]], [{ users: {} }]])(
    'does not read %j',
    (value) => {
      expect(list.safeParse(value).success).toBe(false);
    },
  );
});
