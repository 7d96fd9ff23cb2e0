import { AppError } from '@assay/platform/http';

/** Why an answer of the provider is not believed, by the code that `openid-client` gives it. */
const reasons: Readonly<Record<string, string>> = {
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'it was made for another sign-in or another receiver',
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: 'its time is over',
  OAUTH_INVALID_RESPONSE: 'it lacks what it must have',
  OAUTH_PARSE_ERROR: 'it could not be read',
  OAUTH_KEY_SELECTION_FAILED: 'its signature is of no key of the provider',
};

const again = 'Start the sign-in again.';

/** The provider can't be asked. */
export function unreachable(): AppError {
  return new AppError(
    'TEMPORARILY_UNAVAILABLE',
    'The provider to sign in at does not answer: try again in a minute, or sign in with a password.',
  );
}

/** An error of redeeming a code, as a sentence for whoever signs in. What is no fault of an answer is thrown on. */
export async function asRefusal(error: unknown): Promise<AppError> {
  const { AuthorizationResponseError, ClientError, ResponseBodyError, WWWAuthenticateChallengeError } =
    await import('openid-client');
  if (error instanceof AuthorizationResponseError)
    return refused(`The provider refused to sign you in (${plain(error.error)}). ${again}`);
  if (error instanceof ResponseBodyError)
    return error.status >= 500
      ? unreachable()
      : refused(`The provider does not accept the code (${plain(error.error)}): it is used, old or not ours. ${again}`);
  if (error instanceof WWWAuthenticateChallengeError)
    return refused(`The provider does not accept this installation as its client. ${again}`);
  if (error instanceof ClientError) {
    const code = error.code ?? '';
    if (code === 'OAUTH_TIMEOUT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM') return unreachable();
    return refused(`What the provider answered is not believed: ${reasons[code] ?? 'a check of it failed'}. ${again}`);
  }
  // `fetch` tells a connection that could not be made, or broke, by a TypeError.
  if (error instanceof TypeError) return unreachable();
  throw error;
}

/** Error codes of OAuth are a short alphabet (RFC 6749, 5.2); anything else is not repeated. */
function plain(code: string): string {
  return /^[a-z_]{1,60}$/.test(code) ? code : 'no reason given';
}

function refused(sentence: string): AppError {
  return new AppError('PERMISSION_DENIED', sentence);
}
