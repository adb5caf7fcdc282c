import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { OperatorError, VendorError } from '../../../src/core/errors.ts';
import type { VendorCall, VendorHttp, VendorRequest } from '../../../src/vendor-kit/http.ts';
import { checkBaseUrl, createVendorHttp } from '../../../src/vendor-kit/http-client.ts';

const READ: VendorRequest = { method: 'GET', path: '/users', headers: {}, effect: false };
const WRITE: VendorRequest = { method: 'POST', path: '/users?key=1', headers: {}, body: '{}', effect: true };

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closedPort(): Promise<string> {
  const url = await serve(() => undefined);
  const server = servers.pop();
  await new Promise((resolve) => server?.close(resolve));
  return url;
}

function clientOf(baseUrl: string, limits: { timeoutMs?: number; maxBytes?: number } = {}): VendorHttp {
  return createVendorHttp({ baseUrl, allowHttpLoopback: true, ...limits });
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof VendorError) return error.code;
  throw error;
}

describe('the HTTP client of vendors', () => {
  it('sends method, path, headers and body as they are, and gives any status as an answer', async () => {
    const url = await serve((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const seen = [request.method, request.url, request.headers['x-key'], Buffer.concat(parts).toString()];
        response.writeHead(422, { 'X-Answer': 'yes' }).end(JSON.stringify(seen));
      });
    });
    const body = '{"name":"Díaz","id":12345678901234567890}';
    const request = { ...WRITE, path: '/a%2Fb?c=%2B', headers: { 'X-Key': 'k' }, body };
    const reply = await clientOf(`${url}/base/`).send(request);
    expect(reply).toMatchObject({ status: 422, headers: { 'x-answer': 'yes' } });
    expect(JSON.parse(reply.body)).toEqual(['POST', '/base/a%2Fb?c=%2B', 'k', body]);
  });

  it('follows no redirect', async () => {
    let calls = 0;
    const url = await serve((_request, response) => {
      calls += 1;
      response.writeHead(302, { Location: '/elsewhere' }).end();
    });
    expect((await clientOf(url).send(READ)).status).toBe(302);
    expect(calls).toBe(1);
  });

  it('uses a connection again', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const client = clientOf(url);
    await client.send(READ);
    await client.send(READ);
    expect(ports.size).toBe(1);
  });

  it('tells its observer of every call, without bodies and headers', async () => {
    const url = await serve((_request, response) => response.end('{}'));
    const seen: VendorCall[] = [];
    const options = {
      allowHttpLoopback: true,
      observe: (call: VendorCall) => void seen.push(call),
      now: () => 7,
    };
    await createVendorHttp({ baseUrl: url, ...options }).send(READ);
    await codeOf(createVendorHttp({ baseUrl: await closedPort(), ...options }).send(READ));
    expect(seen).toEqual([
      { method: 'GET', path: '/users', status: 200, startedAt: 7, durationMs: expect.any(Number) },
      { method: 'GET', path: '/users', status: null, startedAt: 7, durationMs: expect.any(Number) },
    ]);
  });

  describe('where nothing was sent', () => {
    it('is UNAVAILABLE for a refused connection, even with an effect', async () => {
      expect(await codeOf(clientOf(await closedPort()).send(WRITE))).toBe('UNAVAILABLE');
    });

    it('is UNAVAILABLE for a host that does not exist', async () => {
      expect(await codeOf(clientOf('https://vendor.invalid').send(WRITE))).toBe('UNAVAILABLE');
    });

    it('is UNAVAILABLE where TLS fails', async () => {
      const url = await serve((_request, response) => response.end());
      expect(await codeOf(clientOf(url.replace('http:', 'https:')).send(WRITE))).toBe('UNAVAILABLE');
    });
  });

  describe('where something was sent', () => {
    const cut: RequestListener = (request) => void request.socket.destroy();
    const silent: RequestListener = () => undefined;
    const dribble: RequestListener = (_request, response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    };
    const huge: RequestListener = (_request, response) => response.end('x'.repeat(5000));

    it.each([
      { reply: 'a cut connection', listener: cut, read: 'UNAVAILABLE' },
      { reply: 'no answer in time', listener: silent, read: 'UNAVAILABLE' },
      { reply: 'an answer at a byte at a time', listener: dribble, read: 'UNAVAILABLE' },
      { reply: 'an answer that is too large', listener: huge, read: 'UNREADABLE' },
    ])('is UNCERTAIN with an effect and $read without after $reply', async ({ listener, read }) => {
      const client = clientOf(await serve(listener), { timeoutMs: 150, maxBytes: 4000 });
      expect(await codeOf(client.send(WRITE))).toBe('UNCERTAIN');
      expect(await codeOf(client.send(READ))).toBe(read);
    });

    it('is UNCERTAIN where a connection that was used before is cut', async () => {
      let calls = 0;
      const url = await serve((request, response) => {
        calls += 1;
        if (calls === 1) response.end('{}');
        else request.socket.destroy();
      });
      const client = clientOf(url);
      await client.send(READ);
      expect(await codeOf(client.send(WRITE))).toBe('UNCERTAIN');
    });
  });

  it('hangs no credential and no query on its errors', async () => {
    const request = { ...WRITE, headers: { Authorization: 'Bearer s3cret' }, path: '/users?token=s3cret' };
    const error = await clientOf(await closedPort())
      .send(request)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(VendorError);
    const cause = (error as VendorError).cause;
    expect(JSON.stringify([String(error), String(cause), cause])).not.toContain('s3cret');
  });
});

describe('checkBaseUrl', () => {
  it.each([
    ['https://api.example.com/v2', 'https://api.example.com/v2'],
    ['https://api.example.com/v2//', 'https://api.example.com/v2'],
    ['https://api.example.com', 'https://api.example.com'],
  ])('takes %s', (given, taken) => {
    expect(checkBaseUrl(given)).toBe(taken);
  });

  it.each([
    'http://api.example.com',
    'http://127.0.0.1:8080',
    'ftp://api.example.com',
    'file:///etc/passwd',
    'api.example.com',
    '',
    'https://user:secret@api.example.com',
    'https://api.example.com?key=1',
    'https://api.example.com#x',
  ])('refuses %j', (given) => {
    expect(() => checkBaseUrl(given)).toThrow(OperatorError);
  });

  it.each(['http://127.0.0.1:8080', 'http://localhost:1/v2', 'http://[::1]:1'])(
    'takes %s where loopback is allowed',
    (given) => {
      expect(checkBaseUrl(given, true)).toBe(given);
    },
  );

  it.each(['http://api.example.com', 'http://127.0.0.1.example.com', 'http://10.0.0.1'])(
    'refuses %s even then',
    (given) => {
      expect(() => checkBaseUrl(given, true)).toThrow(OperatorError);
    },
  );
});
