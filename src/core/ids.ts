import { v7 } from 'uuid';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]?: Name };

/** Chosen by the operator: lower-case letters, digits and dashes; part of the SCIM base URL. */
export type ConnectionId = Branded<'ConnectionId'>;
/** The SCIM `id` of a User. */
export type UserId = Branded<'UserId'>;
/** The SCIM `id` of a Group. */
export type GroupId = Branded<'GroupId'>;
/** Causeway's own id of an account row; the vendor's id is `vendorId`. */
export type AccountId = Branded<'AccountId'>;

/** A new id that sorts by the time of its making (UUID version 7, RFC 9562). */
export function newId(): string {
  return v7();
}
