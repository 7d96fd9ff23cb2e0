/** Follows redirects as a browser does: real requests, with the cookies of each server kept apart. */
export class TestBrowser {
  private readonly jars = new Map<string, Map<string, string>>();
  /** Addresses that were asked, in order. */
  readonly visited: string[] = [];

  /** Asks for a page and goes where it sends, until an address that `stop` takes, or an answer that is no redirect. */
  async open(
    address: string,
    stop: (url: URL) => boolean = () => false,
  ): Promise<{ status: number; url: URL; text: string; headers: Headers }> {
    let url = new URL(address);
    for (let hop = 0; hop < 20; hop += 1) {
      this.visited.push(url.href);
      const answer = await fetch(url, { redirect: 'manual', headers: { cookie: this.cookies(url) } });
      this.keep(url, answer.headers.getSetCookie());
      const location = answer.headers.get('location');
      if (location === null || answer.status < 300 || answer.status > 399)
        return { status: answer.status, url, text: await answer.text(), headers: answer.headers };
      await answer.text();
      url = new URL(location, url);
      if (stop(url)) return { status: answer.status, url, text: '', headers: answer.headers };
    }
    throw new Error('the redirects never end');
  }

  cookies(url: URL): string {
    return [...(this.jars.get(url.origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  private keep(url: URL, set: readonly string[]): void {
    const jar = this.jars.get(url.origin) ?? new Map<string, string>();
    this.jars.set(url.origin, jar);
    for (const cookie of set) {
      const [pair = ''] = cookie.split(';');
      const at = pair.indexOf('=');
      const value = pair.slice(at + 1);
      if (value === '') jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), value);
    }
  }
}
