/** The form in which vendor addresses are compared: A–Z alone are folded, so that no other letter ever becomes one of them. */
export function foldAddress(address: string): string {
  return address.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
