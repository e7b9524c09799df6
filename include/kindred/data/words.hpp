// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The words of a text.

#include <cstddef>
#include <string>
#include <string_view>

namespace kindred {

/// Calls f(word) for each word: a longest run of ASCII letters, digits and bytes from 128 on (the letters of other alphabets,
/// in UTF-8 as in ISO-8859-1), if it has two characters or more. A to Z become a to z. The word lasts as long as the call.
///
/// Cost: O(length of the text). Not for scripts without spaces between words, whose sentences are taken for words.
template <class F>
void for_each_word(std::string_view text, F&& f) {
  std::string word;
  int characters = 0;
  const auto end_word = [&] {
    if (characters > 1) f(std::string_view(word));
    word.clear();
    characters = 0;
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || byte >= 128) {
      word += upper ? static_cast<char>(c - 'A' + 'a') : c;
      characters += (byte & 0xC0) != 0x80;  // else the byte goes on with a character of UTF-8
    } else {
      end_word();
    }
  }
  end_word();
}

}  // namespace kindred
