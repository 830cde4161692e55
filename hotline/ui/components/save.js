// Saves bytes that came over the signed-in connection as a file, so that no download has a URL of its own.
const done = new WeakMap();

function save({ content, mime, name }) {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: mime }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  button.querySelector("span").textContent = data.label;
  button.onclick = () => save(data);
  if (data.nonce && done.get(parentElement) !== data.nonce) {
    done.set(parentElement, data.nonce);
    save(data);
  }
}
