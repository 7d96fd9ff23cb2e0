import { createHash } from 'node:crypto';

/**
 * Runs in the page. The secret stands behind the `#` of the link, which browsers send to nobody, and leaves the address at once.
 * What the server says is shown as text, never as markup.
 */
const script = `'use strict';
const secret = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
const form = document.querySelector('form');
const said = document.querySelector('output');
if (secret === '') said.textContent = 'This link lacks its secret: open it as the platform printed it at its start.';
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { email, name, password } = Object.fromEntries(new FormData(form));
  try {
    const answer = await fetch('/api/v1/setup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ secret, email, name, password }),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail);
    form.hidden = true;
    said.textContent = [
      'You are the first person here, an administrator. From now on every call needs a credential.',
      'Command line: npx assay login --url ' + location.origin + ' --email ' + email,
      'MLflow clients: export MLFLOW_TRACKING_URI=' + location.origin,
      'export MLFLOW_TRACKING_TOKEN=' + body.token,
    ].join('\\n');
  } catch (error) {
    said.textContent = error.message;
  }
});
`;

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}
label{display:block;margin:1rem 0}input{display:block;width:100%;font:inherit;padding:.4rem;box-sizing:border-box}
button{font:inherit;padding:.5rem 1rem}output{display:block;margin-top:1rem;white-space:pre-wrap;overflow-wrap:anywhere}`;

/** The page behind the one-time link of the first start. It is the same for everybody: it knows nothing, and asks nobody but this server. */
export const setUpPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Set up Assay</title>
<style>${style}</style>
<h1>Set up Assay</h1>
<p>Makes the first person of this installation, an administrator. The link works once.</p>
<form>
<label>E-mail address <input name="email" type="email" required autocomplete="username"></label>
<label>Name <input name="name" required autocomplete="name"></label>
<label>Password: at least 8 characters, 15 or more advised <input name="password" type="password" minlength="8" maxlength="256" required autocomplete="new-password"></label>
<button>Set up</button>
</form>
<output role="status"></output>
<script>${script}</script>
</html>
`;

const digestOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing runs in the page but what stands in it, and no other page may hold it in a frame. */
export const setUpPageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; script-src ${digestOf(script)}; style-src ${digestOf(style)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;
