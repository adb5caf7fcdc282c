import { describe, expect, it } from 'vitest';
import type { VendorReply } from '../../../src/vendor-kit/http.ts';
import { refusal, retryAt, vendorReason } from '../../../src/vendor-kit/reply.ts';

const NOW = Date.UTC(2026, 0, 1);
const READ = { method: 'GET', path: '/users?email=a', headers: {}, effect: false } as const;
const WRITE = { method: 'POST', path: '/users', headers: {}, effect: true } as const;
const ONE = { method: 'DELETE', path: '/users/1', headers: {}, names: 'account', effect: true } as const;

function reply(status: number, body = '', headers: Record<string, string> = {}): VendorReply {
  return { status, headers, body };
}

describe('refusal', () => {
  it.each([200, 201, 202, 204])('is none for %i', (status) => {
    expect(refusal('Acme', WRITE, reply(status), NOW)).toBeUndefined();
  });

  it.each([
    { status: 301, read: 'REJECTED', write: 'REJECTED', one: 'REJECTED' },
    { status: 400, read: 'REJECTED', write: 'REJECTED', one: 'REJECTED' },
    { status: 401, read: 'UNAUTHORISED', write: 'UNAUTHORISED', one: 'UNAUTHORISED' },
    { status: 403, read: 'NOT_PERMITTED', write: 'NOT_PERMITTED', one: 'NOT_PERMITTED' },
    { status: 404, read: 'REJECTED', write: 'REJECTED', one: 'GONE' },
    { status: 405, read: 'NOT_PERMITTED', write: 'NOT_PERMITTED', one: 'NOT_PERMITTED' },
    { status: 408, read: 'UNAVAILABLE', write: 'UNCERTAIN', one: 'UNCERTAIN' },
    { status: 409, read: 'CONFLICT', write: 'CONFLICT', one: 'CONFLICT' },
    { status: 410, read: 'REJECTED', write: 'REJECTED', one: 'GONE' },
    { status: 422, read: 'REJECTED', write: 'REJECTED', one: 'REJECTED' },
    { status: 429, read: 'THROTTLED', write: 'THROTTLED', one: 'THROTTLED' },
    { status: 500, read: 'UNAVAILABLE', write: 'UNCERTAIN', one: 'UNCERTAIN' },
    { status: 503, read: 'UNAVAILABLE', write: 'UNCERTAIN', one: 'UNCERTAIN' },
  ])(
    'of $status is $read for a read, $write for an effect, $one for one account',
    ({ status, read, write, one }) => {
      const code = (request: typeof READ | typeof WRITE | typeof ONE) =>
        refusal('Acme', request, reply(status), NOW)?.code;
      expect([code(READ), code(WRITE), code(ONE)]).toEqual([read, write, one]);
    },
  );

  it('of 503 with Retry-After is THROTTLED for a read only', () => {
    const throttled = reply(503, '', { 'retry-after': '9' });
    expect(refusal('Acme', READ, throttled, NOW)).toMatchObject({ code: 'THROTTLED', retryAt: NOW + 9000 });
    expect(refusal('Acme', WRITE, throttled, NOW)).toMatchObject({ code: 'UNCERTAIN', retryAt: NOW + 9000 });
  });

  it('says who refused what and why, without the query', () => {
    const body = '{"message":"No such plan"}';
    const error = refusal('Acme', READ, reply(400, body), NOW);
    expect(error).toMatchObject({
      message: 'Acme refused GET /users (HTTP 400: No such plan).',
      status: 400,
    });
  });

  it.each([301, 404])('names the baseUrl setting for %i', (status) => {
    expect(refusal('Acme', READ, reply(status), NOW)?.message).toContain('baseUrl');
  });
});

describe('retryAt', () => {
  it.each([
    ['0', NOW],
    ['120', NOW + 120_000],
    ['1.5', NOW + 1500],
    ['Thu, 01 Jan 2026 00:01:00 GMT', NOW + 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', NOW],
    ['-5', NOW],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %j', (header, expected) => {
    expect(retryAt(header, NOW)).toBe(expected);
  });
});

describe('vendorReason', () => {
  it.each([
    ['{"error":"Unknown role"}', 'Unknown role'],
    ['{"error":{"code":3,"reason":"invalid","message":"Email is taken"}}', 'Email is taken'],
    ['{"errors":[{"detail":"Too long"}]}', 'Too long'],
    ['{"errors":["Too long","Too short"]}', 'Too long'],
    ['{"errors":{"email":["is invalid"]}}', 'email is invalid'],
    ['{"request_proc":"ok","description":"Access denied"}', 'Access denied'],
    ['"Just text"', 'Just text'],
    ['Plan   limit\n\u0007reached', 'Plan limit reached'],
    ['<html><body>502</body></html>', undefined],
    ['  <!DOCTYPE html>', undefined],
    ['', undefined],
    ['{"ok":false}', undefined],
    ['[]', undefined],
    ['null', undefined],
  ])('of %s is %j', (body, expected) => {
    expect(vendorReason(reply(400, body))).toBe(expected);
  });

  it('is cut after 200 characters', () => {
    expect(vendorReason(reply(400, 'x'.repeat(5000)))).toBe(`${'x'.repeat(200)}…`);
  });
});
