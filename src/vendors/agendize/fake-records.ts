import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { fold } from '../../core/fold.ts';
import type { JsonObject } from '../../core/json.ts';
import type { FakeRecords } from '../../core/ports.ts';
import { openFakeTable } from '../../vendor-kit/fake-table.ts';

export const PROFILES = [
  { id: '12', name: 'Standard' },
  { id: '14', name: 'Premium' },
] as const;

const FIRST_ID = 8841;

const Tag = z.object({ id: z.string(), tag: z.string(), color: z.string().nullable() });
export type Tag = z.infer<typeof Tag>;

const FakeAccount = z.object({
  id: z.string(),
  email: z.string(),
  firstName: z.string().nullable().default(null),
  lastName: z.string().nullable().default(null),
  profileId: z.string().nullable().default(PROFILES[0].id),
  displayName: z.string().nullable().default(null),
  timeZone: z.string().default('Europe/Paris'),
  language: z.string().default('en'),
  resellerId: z.string().nullable().default(null),
  status: z.enum(['enabled', 'disabled']).default('enabled'),
  tags: z.array(Tag).default([]),
  ssoToken: z.string().default(() => `sso-${randomUUID()}`),
  created: z.string().default(() => new Date().toISOString().slice(0, 19)),
  /** How many sign-up mails the person got. */
  signupEmails: z.number().default(0),
  /** It belongs to another reseller: it is not listed, and every call for it is 403. */
  otherReseller: z.boolean().default(false),
});
export type FakeAccount = z.infer<typeof FakeAccount>;

/** All accounts of the fake, other resellers' included. */
export interface Accounts {
  all(): FakeAccount[];
  byEmail(email: string): FakeAccount | undefined;
  /** By id, resellerId or user name, whichever fits first. */
  byKey(key: string): FakeAccount | undefined;
  byResellerId(resellerId: string): FakeAccount | undefined;
  /** A new account, or one that a test describes; what is not given is made up. */
  add(described: JsonObject): Promise<FakeAccount>;
  put(account: FakeAccount): Promise<void>;
  delete(id: string): Promise<boolean>;
}

export async function openAccounts(records: FakeRecords): Promise<Accounts> {
  const table = await openFakeTable(records, 'account', FakeAccount);
  const { all } = table;
  const byEmail = (email: string) => all().find((one) => fold(one.email) === fold(email));
  const byResellerId = (resellerId: string) => all().find((one) => one.resellerId === resellerId);
  const put = (account: FakeAccount) => table.put(account.id, account);
  // An id is never given twice, as the accounts that had it are gone.
  let lastId = FIRST_ID - 1;
  return {
    all,
    byEmail,
    byResellerId,
    byKey: (key) => table.get(key) ?? byResellerId(key) ?? byEmail(key),
    put,
    delete: (id) => table.delete(id),
    async add(described) {
      lastId = Math.max(lastId, ...all().map((one) => Number(one.id))) + 1;
      const account = FakeAccount.parse({ id: String(lastId), ...described });
      await put(account);
      return account;
    },
  };
}
