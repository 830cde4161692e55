// Keeps the sign-in and the language over a page reload. The server's session table decides whether
// a token is good; signing out clears both.
export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  for (const { name, value, maxAge } of data.cookies) {
    document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; SameSite=Strict; Max-Age=${value ? maxAge : 0}${secure}`;
  }
}
