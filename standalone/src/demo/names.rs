//! The names of the demo: Latvian, Russian and English, as they stand side by side in Riga. All of them are made up.

/// First names with the last names that go with them: Latvian last names have an ending for each sex.
#[derive(Clone, Copy)]
pub(super) struct People {
    pub(super) first: &'static [&'static str],
    pub(super) last: &'static [&'static str],
}

/// The groups that people are drawn from.
pub(super) const PEOPLE: &[People] = &[
    People {
        first: &[
            "Anna",
            "Līga",
            "Inese",
            "Kristīne",
            "Ilze",
            "Zane",
            "Dace",
            "Elīna",
            "Laima",
            "Baiba",
            "Agnese",
            "Rūta",
            "Žanete",
            "Ieva",
            "Sanita",
        ],
        last: &[
            "Bērziņa",
            "Kalniņa",
            "Ozola",
            "Liepiņa",
            "Krūmiņa",
            "Zariņa",
            "Pētersone",
            "Jansone",
            "Ābola",
            "Šķēle",
            "Vītola",
            "Eglīte",
            "Ķirse",
            "Čakste",
            "Puķīte",
        ],
    },
    People {
        first: &["Jānis", "Andris", "Juris", "Edgars", "Māris", "Artūrs", "Kārlis", "Gatis", "Raivis", "Uldis", "Ģirts", "Ēriks"],
        last: &[
            "Bērziņš",
            "Kalniņš",
            "Ozols",
            "Liepiņš",
            "Krūmiņš",
            "Zariņš",
            "Pētersons",
            "Jansons",
            "Āboliņš",
            "Vītols",
            "Ķepītis",
            "Žagars",
        ],
    },
    People {
        first: &["Анна", "Елена", "Ольга", "Наталья", "Татьяна", "Светлана", "Мария", "Алёна", "Ирина", "Юлия"],
        last: &["Иванова", "Петрова", "Кузнецова", "Соколова", "Попова", "Лебедева", "Новикова", "Морозова", "Соловьёва", "Йосина"],
    },
    People {
        first: &["Иван", "Сергей", "Дмитрий", "Алексей", "Андрей", "Михаил", "Артём", "Фёдор"],
        last: &["Иванов", "Петров", "Кузнецов", "Соколов", "Попов", "Лебедев", "Соловьёв", "Щукин"],
    },
    People {
        first: &["Emma", "Olivia", "James", "William", "Grace", "Henry", "Alice", "Thomas", "Chloë", "Zoë"],
        last: &["Smith", "Taylor", "Brown", "Wilson", "Evans", "O'Neil", "Walker", "Wright", "Fitzgerald", "St. John"],
    },
];

/// Organisations: what they are, before or after their name.
pub(super) const ORGANISATIONS: &[&str] = &[
    "SIA «{}»",
    "AS «{}»",
    "ООО «{}»",
    "{} Ltd",
    "Biedrība «{}»",
    "Viesnīca «{}»",
    "Ресторан «{}»",
    "{} Studios",
    "Klīnika «{}»",
    "Bērnudārzs «{}»",
];

/// The names that organisations have.
pub(super) const ORGANISATION_NAMES: &[&str] = &[
    "Baltā Sniegpārsla",
    "Zelta Atslēga",
    "Dzintara Krasts",
    "Ziemeļu Vējš",
    "Rīta Rasa",
    "Saulītes",
    "Северное Сияние",
    "Янтарь",
    "Ёлочка",
    "Тихий Дворик",
    "Northwind",
    "Harbour View",
    "Green Door",
    "Amber",
    "Old Town",
    "Daugavas Līči",
    "Pērļu Zvejnieki",
    "Čiekuri",
    "Ābeļdārzs",
    "Kaķu Māja",
];

/// Cities with streets and the first digits of their postal codes.
pub(super) const CITIES: &[(&str, &str, &[&str])] = &[
    (
        "Rīga",
        "LV-10",
        &[
            "Brīvības iela",
            "Elizabetes iela",
            "Čaka iela",
            "Krišjāņa Barona iela",
            "Ģertrūdes iela",
            "Tērbatas iela",
            "Maskavas iela",
            "Skanstes iela",
        ],
    ),
    ("Jūrmala", "LV-20", &["Jomas iela", "Dubultu prospekts", "Meža prospekts", "Ērgļu iela"]),
    ("Ogre", "LV-50", &["Rīgas iela", "Mālkalnes prospekts", "Skolas iela"]),
    ("Salaspils", "LV-21", &["Līvzemes iela", "Enerģētiķu iela"]),
    ("Mārupe", "LV-21", &["Daugavas iela", "Kantora iela", "Mazcenu aleja"]),
];

/// What cleaners can do.
pub(super) const SKILLS: &[&str] = &["windows", "carpets", "kitchens", "offices", "building sites", "ironing", "gardens", "floors"];

/// What is on checklists.
pub(super) const CHECKLIST: &[&str] = &[
    "Vacuum all rooms",
    "Mop the floors",
    "Clean the kitchen",
    "Clean the bathrooms",
    "Empty the bins",
    "Wipe the windowsills",
    "Change the linen",
];

/// What customers say.
pub(super) const CLIENT_COMMENTS: &[&str] = &[
    "",
    "",
    "",
    "Lūdzu, zvaniet pirms ierašanās.",
    "Пожалуйста, не будите ребёнка.",
    "Please mind the cat.",
    "Atslēga pie sarga.",
    "Оставьте ключ под ковриком.",
];

/// How one gets in.
pub(super) const ACCESS_NOTES: &[&str] =
    &["", "", "Durvju kods 24#", "Код домофона 17", "Ring twice", "Key at the reception", "Ieeja no pagalma"];

/// Why orders are called off.
pub(super) const REASONS: &[&str] = &["Klients saslimis", "Заказчик передумал", "The customer is away", "Moved to another week"];

/// Notes of the office.
pub(super) const NOTES: &[&str] =
    &["Maksā skaidrā naudā.", "Постоянный клиент, скидка 5 %.", "Prefers the same crew.", "Rēķinu sūtīt pa e-pastu."];
