import type { Json } from '../../core/json.ts';
import { get, sendJson, type VendorClient } from '../../vendor-kit/client.ts';
import type { Page } from '../../vendor-kit/paginate.ts';
import { type Guest, Invitations, type User, UserPage } from './wire.ts';

/** The endpoints of one company of a Woodpecker agency, see README. */
export function companyCalls(client: VendorClient, companyId: number) {
  const company = `/agency/companies/${companyId}`;
  return {
    /** `page` counts from 1. */
    async readUsers(page: number): Promise<Page<User>> {
      const reply = await client.read(get(`${company}/users?page=${page}`), UserPage);
      const { current_page_number: current, total_pages: total } = reply.pagination_data;
      return { items: reply.content, next: current < total ? current + 1 : null };
    },
    /** At most 10; if one of them is refused, none is invited. */
    invite: (guests: Guest[]) =>
      client.read(
        sendJson('POST', `${company}/invite_guest`, { guests: guests.map((guest) => ({ ...guest })) }),
        Invitations,
      ),
    /** Answers 200 without a body; GONE for an id that the company does not have. */
    setPermissions: (id: number, permissions: Json[]) =>
      client.send(
        sendJson('PUT', `${company}/guests/permissions`, { guests: [{ id, permissions }] }, 'account'),
      ),
  };
}
