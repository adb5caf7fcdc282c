/** The schema URN of a vendor's own User attributes; identity providers are configured with it, so it never changes. */
export function vendorUrn(vendor: string): string {
  return `urn:ietf:params:scim:schemas:extension:${vendor}:2.0:User`;
}
