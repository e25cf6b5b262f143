import type { ErrorCode } from '../../device-drivers/errors.ts'

/** What the technician reads when a step fails: one sentence that says what to do. Danish and English. */

export type Language = 'da' | 'en'

export type Sentence = Readonly<Record<Language, string>>

const SENTENCES: Readonly<Partial<Record<ErrorCode, Sentence>>> = {
  'device-silent': {
    da: 'Hubben hører ikke apparatet: væk det (hold evt. knappen nede i 3 sekunder) højst fem meter fra hubben, og søg igen.',
    en: 'The hub does not hear the device: wake it (you may need to hold the button 3 s) within five metres, and search again.',
  },
  'adapter-unavailable': {
    da: 'Hubbens Bluetooth virker ikke: sæt adapteren i igen, vent et minut, og prøv igen; ellers byt hubben.',
    en: 'The Bluetooth of the hub does not work: plug the adapter in again, wait a minute and retry; else swap the hub.',
  },
  'pairing-failed': {
    da: 'Apparatet afviste parringen: sæt det i parringstilstand (se dets vejledning), og vælg det igen.',
    en: 'The device refused to pair: put it into pairing mode (see its manual), and choose it again.',
  },
  'passkey-wrong': {
    da: 'Koden blev afvist: læs de seks cifre på apparatets skærm eller etiket igen, og par på ny.',
    en: 'The passkey was refused: read the six digits on its display or label again, and pair once more.',
  },
  'connect-timeout': {
    da: 'Apparatet svarer ikke: væk det, hold det tæt på hubben, og prøv igen.',
    en: 'The device does not answer: wake it, hold it close to the hub, and try again.',
  },
  'link-lost': {
    da: 'Forbindelsen til apparatet brød: hold det tættere på hubben, og mål igen.',
    en: 'The connection to the device broke: hold it closer to the hub, and measure again.',
  },
  'operation-timeout': {
    da: 'Apparatet holdt op med at svare: mål igen tæt på hubben.',
    en: 'The device stopped answering: measure again close to the hub.',
  },
  'characteristic-missing': {
    da: 'Apparatet er ikke den forventede model: sammenlign modellen med kittet, eller ring til klinikken.',
    en: 'The device is not the expected model: compare it with the kit, or call the clinic.',
  },
  'device-refused': {
    da: 'Apparatet svarede med en afvisning: par det igen, og prøv en ny måling.',
    en: 'The device answered with a refusal: pair it again, and try another measurement.',
  },
  'clock-wrong': {
    da: 'Uret går forkert: stil apparatets ur (se dets vejledning), vent til hubben kender tiden, og mål igen.',
    en: 'A clock is wrong: set the clock of the device (see its manual), wait until the hub knows the time, and measure again.',
  },
  'port-unavailable': {
    da: 'Kablet kan ikke åbnes: sæt stikket i igen, og vælg porten på ny.',
    en: 'The cable cannot be opened: plug it in again, and choose the port anew.',
  },
  'uplink-lost': {
    da: 'Hubben når ikke klinikkens server: tjek kablet til routeren eller mobilforbindelsen, og prøv igen; intet er tabt.',
    en: 'The hub does not reach the clinic: check the cable to the router or the mobile line, and retry; nothing is lost.',
  },
  'uplink-refused': {
    da: 'Serveren kender ikke hubben: få en ny kode af klinikken, og tilmeld hubben igen.',
    en: 'The server does not know this hub: get a new code from the clinic, and enrol the hub again.',
  },
  'access-denied': {
    da: 'Serveren afviste hubben: bed klinikken tjekke, at installationen er oprettet til denne hub.',
    en: 'The server refused the hub: ask the clinic whether the installation is registered for this hub.',
  },
  'visit-refused': {
    da: 'Det trin kan ikke tages nu: gør de manglende trin færdige først.',
    en: 'That step cannot be taken now: finish the missing steps first.',
  },
  'enrolment-refused': {
    da: 'Koden blev afvist: læs den igen, og tjek at den er lavet til denne hubs serienummer; efter fem forsøg skal der en ny til.',
    en: 'The code was refused: read it again, and check that it was made for the serial number of this hub; after five tries a new one is needed.',
  },
  'code-expired': {
    da: 'Koden er for gammel: den gælder i 30 minutter; få en ny af klinikken.',
    en: 'The code is too old: it is good for 30 minutes; get a new one from the clinic.',
  },
  'server-untrusted': {
    da: 'Serveren er ikke klinikkens: læs adresse og fingeraftryk igen, og ring til klinikken, hvis de er rigtige.',
    en: 'The server is not the one of the clinic: read address and fingerprint again, and call the clinic if they are right.',
  },
  'config-invalid': {
    da: 'Koden er ikke skrevet rigtigt: brug hele teksten fra QR-koden, eller koden på 12 tegn med adresse og fingeraftryk.',
    en: 'The code is not written right: use the whole text of the QR code, or the 12 characters with address and fingerprint.',
  },
  'store-failed': {
    da: 'Hubbens disk tager ikke imod: genstart hubben, og byt den, hvis det sker igen.',
    en: 'The disk of the hub refuses: restart the hub, and swap it if that happens again.',
  },
}

const OTHERWISE: Sentence = {
  da: 'Noget gik galt: prøv igen, og ring til support med koden, hvis det bliver ved.',
  en: 'Something went wrong: try again, and call support with the code if it goes on.',
}

export function sentenceFor(code: ErrorCode): Sentence {
  return SENTENCES[code] ?? OTHERWISE
}
