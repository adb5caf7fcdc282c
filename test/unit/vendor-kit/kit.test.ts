import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { VendorError } from '../../../src/core/errors.ts';
import { checkAnswered } from '../../../src/vendor-kit/answered.ts';
import { createVendorClient, get, pathSegment, sendJson } from '../../../src/vendor-kit/client.ts';
import { createAlone } from '../../../src/vendor-kit/create-alone.ts';
import { findInList, orAbsent } from '../../../src/vendor-kit/find.ts';
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

describe('createAlone', () => {
  const ana = { address: 'a', fields: {} };
  const account = { id: '1', address: 'a', presence: 'active' as const, fields: {} };

  it('gives the one outcome, made or failed', async () => {
    const error = new VendorError('UNAVAILABLE', 'No.');
    expect(await createAlone(async () => account)([ana])).toEqual([{ account }]);
    const fail = createAlone(() => Promise.reject(error));
    expect(await fail([ana])).toEqual([{ error }]);
  });

  it('lets a defect through, and takes no two', async () => {
    const broken = createAlone(() => Promise.reject(new TypeError('oops')));
    await expect(broken([ana])).rejects.toThrow(TypeError);
    await expect(createAlone(async () => account)([ana, ana])).rejects.toThrow('one account a call');
  });
});

describe('findInList', () => {
  const account = (id: string, address: string, aliases: string[] = []) => {
    return { id, address, aliases, presence: 'active' as const, fields: {} };
  };
  const listed = [
    account('1', 'ana@example.com'),
    account('2', 'Bo@example.com', ['Ana@Example.com']),
    account('3', 'cy@example.com'),
    account('3', 'CY@example.com'),
    account('4', 'kelvin@example.com'),
  ];

  it.each([
    { what: 'the id before any address', key: { id: '2', address: 'cy@example.com' }, found: '2' },
    {
      what: 'the id although two have the address',
      key: { id: '1', address: 'ana@example.com' },
      found: '1',
    },
    {
      what: 'the address where the id is not listed',
      key: { id: '9', address: 'bo@EXAMPLE.com' },
      found: '2',
    },
    { what: 'an account that is listed twice', key: { address: 'cy@example.com' }, found: '3' },
  ])('finds by $what', ({ key, found }) => {
    expect(findInList(listed, key)).toMatchObject({ id: found });
  });

  it('says that several have an address, as an alias too', () => {
    expect(findInList(listed, { address: 'ANA@example.com' })).toBe('several');
  });

  it.each(['dee@example.com', '\u212Aelvin@example.com'])('says that nobody has %s', (address) => {
    expect(findInList(listed, { address })).toBe('absent');
  });
});

describe('checkAnswered', () => {
  it('gives what the check gives', async () => {
    expect(await checkAnswered(async () => 1)).toBe(1);
  });

  it('says of its error that the call before it was answered, and keeps the rest', async () => {
    const error = new VendorError('THROTTLED', 'Later.', { status: 429, retryAt: 7 });
    await expect(checkAnswered(() => Promise.reject(error))).rejects.toMatchObject({
      code: 'THROTTLED',
      message: 'Later.',
      status: 429,
      retryAt: 7,
      answered: true,
    });
  });

  it('lets a defect through as it is', async () => {
    const defect = new TypeError('oops');
    await expect(checkAnswered(() => Promise.reject(defect))).rejects.toBe(defect);
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
