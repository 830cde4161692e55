// Key numbers, each with what changed and how sure it is; the definition is the card's tooltip. All text is set as text.
//
// data: { cards: [{ label, value, help, badge: {text, kind} or null, lines: [text] }] }

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

export default function ({ data, parentElement }) {
  const cards = data.cards.map(({ label, value, help, badge, lines }) => {
    const card = make("div", "card", "");
    if (help) card.title = help;
    card.append(make("div", "label", label), make("div", value.length > 11 ? "value long" : "value", value));
    if (badge) card.append(make("span", `badge ${badge.kind}`, badge.text));
    for (const line of lines) card.append(make("div", "line", line));
    return card;
  });
  parentElement.querySelector(".cards").replaceChildren(...cards);
}
