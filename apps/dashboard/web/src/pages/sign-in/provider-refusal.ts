/** Why the identity provider did not open the door, for the person in front of it. */

/** @param code what the address says when the browser comes back: the sign-in library's codes, and those of OpenID Connect */
export function describeProviderRefusal(code: string): string {
  switch (code) {
    case "signup_disabled":
      return "You are not a member here. Ask whoever runs this for an invitation, then sign in with its e-mail address.";
    case "account_not_linked":
      return "Your e-mail address could not be trusted: it must be verified at the identity provider, and be the one that you were invited by. Sign in with your password.";
    case "email_not_found":
      return "The identity provider did not tell your e-mail address, by which members are known here.";
    case "access_denied":
      return "You were not let in by the identity provider, or stopped on the way.";
    case "state_mismatch":
    case "state_not_found":
    case "state_invalid":
      return "This sign-in took too long, or was begun in another window. Try again.";
    default:
      return "The identity provider did not confirm who you are. Try again; if it stays so, tell whoever runs this.";
  }
}
