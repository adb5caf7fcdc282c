import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get, type ServerResponse } from 'node:http';
import { get as getTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type Listener, listen } from '../../src/http/listener.ts';

const CERT = 'test/http/tls/cert.pem';
const PLAIN = { host: '127.0.0.1', port: 0, tls: null, portSetting: 'CAUSEWAY_PORT' };

async function withListener(
  listener: Promise<Listener>,
  work: (listener: Listener) => Promise<void>,
): Promise<void> {
  const listening = await listener;
  try {
    await work(listening);
  } finally {
    await listening.close(0);
  }
}

describe('a listener with a certificate', () => {
  const { tls } = readConfig({ CAUSEWAY_TLS_CERT: CERT, CAUSEWAY_TLS_KEY: 'test/http/tls/key.pem' });
  const secure = () => listen((_request, response) => response.end('hello'), { ...PLAIN, tls });
  const ca = readFileSync(CERT);

  async function protocolOf(
    url: string,
    options: { maxVersion?: 'TLSv1.1' | 'TLSv1.2' },
  ): Promise<string | null> {
    // OpenSSL's own default refuses TLS 1.1 on the client's side already.
    const request = getTls(url, {
      ca,
      agent: false,
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
      ...options,
    });
    const [response] = await once(request, 'response');
    response.resume();
    return response.socket.getProtocol();
  }

  it('speaks TLS 1.3 and 1.2', async () => {
    await withListener(secure(), async ({ url }) => {
      expect(url).toMatch(/^https:/);
      expect(await protocolOf(url, {})).toBe('TLSv1.3');
      expect(await protocolOf(url, { maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    });
  });

  it('refuses TLS 1.1', async () => {
    await withListener(secure(), async ({ url }) => {
      await expect(protocolOf(url, { maxVersion: 'TLSv1.1' })).rejects.toThrow(/alert protocol version/);
    });
  });
});

describe('a listener', () => {
  it('on all interfaces says how to reach it from here', async () => {
    await withListener(
      listen(() => {}, { ...PLAIN, host: '0.0.0.0' }),
      async ({ url, port }) => expect(url).toBe(`http://127.0.0.1:${port}`),
    );
  });

  it('names the setting of a port that is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    await expect(listen(() => {}, { ...PLAIN, port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is in use by another program. Stop that program, or set CAUSEWAY_PORT to another port.`,
    );
    squatter.close();
  });

  it('closes when the requests under way have ended, although their connections are kept alive', async () => {
    const arrival = Promise.withResolvers<ServerResponse>();
    const listening = await listen((_request, response) => arrival.resolve(response), PLAIN);
    const request = get(listening.url, { agent: new Agent({ keepAlive: true }) });
    const response = once(request, 'response');
    const answer = await arrival.promise;
    const closed = listening.close(60_000);
    answer.end('done');
    const [{ statusCode }] = await response;
    expect(statusCode).toBe(200);
    await closed;
  });

  it('cuts off what outlasts the grace', async () => {
    const arrival = Promise.withResolvers<void>();
    const listening = await listen(() => arrival.resolve(), PLAIN);
    const request = get(listening.url);
    const failed = once(request, 'response').catch((error: Error) => error.message);
    await arrival.promise;
    await listening.close(10);
    expect(await failed).toBe('socket hang up');
  });
});
